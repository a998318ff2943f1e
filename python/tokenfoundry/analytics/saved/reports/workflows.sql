-- title: Cost per workflow
-- about: The dearest sessions (x-tf-session: an encounter, a ticket, a trace), each with all of its calls. A session
-- about: belongs to a key: two keys never share one.
-- param: limit = 20
select
    session,
    key,
    project,
    consumer,
    min(first_at) as first_at,
    max(last_at) as last_at,
    sum(calls) as calls,
    sum(input_tokens) as input_tokens,
    sum(output_tokens) as output_tokens,
    sum(spent_nano) as spent_nano,
    per(sum(spent_nano), sum(calls)) as spent_per_call_nano,
    sum(saved_nano) as saved_nano
from sessions
group by session, key, project, consumer
order by spent_nano desc, session, key, consumer
limit $limit
