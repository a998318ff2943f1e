-- The logic as one function per operation. The five rows are locked in the order of their ids, so two calls never wait
-- for each other in a ring. Half-empty pages: an update stays on its page and touches no index.
CREATE TABLE accounts (id int PRIMARY KEY, hard bigint, posted bigint, held bigint) WITH (fillfactor = 10);
CREATE TABLE holds (id text PRIMARY KEY, at_ms bigint, project text, accounts int[], amount bigint, axes text, detail bytea);
CREATE TABLE entries (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text UNIQUE, kind text, at_ms bigint, posted_at_ms bigint,
  project text, amount bigint, axes text, detail bytea);

CREATE FUNCTION reserve(
  the_id text, its_project text, its_accounts int[], its_amount bigint, its_axes text, its_detail bytea, now_ms bigint)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  hold holds;
  least bigint;
BEGIN
  -- The locks come first: whoever repeats this id meanwhile waits here, and then sees what this call did.
  SELECT min(hard - posted - held) INTO least
    FROM (SELECT hard, posted, held FROM accounts WHERE id = ANY (its_accounts) ORDER BY id FOR UPDATE) locked;
  SELECT * INTO hold FROM holds WHERE id = the_id;
  IF FOUND THEN
    RETURN CASE WHEN hold.project = its_project AND hold.amount = its_amount AND hold.detail = its_detail
                THEN 'held' ELSE 'conflict' END;
  END IF;
  PERFORM 1 FROM entries WHERE id = the_id;
  IF FOUND THEN RETURN 'resolved'; END IF;
  IF least < its_amount THEN RETURN 'refused'; END IF;
  UPDATE accounts SET held = held + its_amount WHERE id = ANY (its_accounts);
  INSERT INTO holds VALUES (the_id, now_ms, its_project, its_accounts, its_amount, its_axes, its_detail);
  RETURN 'held';
END $$;

CREATE FUNCTION resolve(the_id text, its_kind text, its_amount bigint, its_detail bytea, now_ms bigint)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  hold holds;
  entry entries;
BEGIN
  DELETE FROM holds WHERE id = the_id RETURNING * INTO hold;
  IF NOT FOUND THEN
    SELECT * INTO entry FROM entries WHERE id = the_id;
    IF NOT FOUND THEN RETURN 'unknown'; END IF;
    RETURN CASE WHEN entry.kind = its_kind AND entry.amount = its_amount
                     AND entry.detail = coalesce(its_detail, entry.detail) THEN 'done' ELSE 'resolved' END;
  END IF;
  PERFORM 1 FROM accounts WHERE id = ANY (hold.accounts) ORDER BY id FOR UPDATE;
  UPDATE accounts SET held = held - hold.amount, posted = posted + its_amount WHERE id = ANY (hold.accounts);
  INSERT INTO entries (id, kind, at_ms, posted_at_ms, project, amount, axes, detail)
    VALUES (the_id, its_kind, hold.at_ms, now_ms, hold.project, its_amount, hold.axes, coalesce(its_detail, hold.detail));
  RETURN 'done';
END $$;
