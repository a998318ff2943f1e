-- title: Cost per workflow
-- about: The dearest sessions (x-tf-session: an encounter, a ticket, a trace), each with all of its calls and the
-- about: sub-calls under them (x-tf-parent). A call of no session that has sub-calls is a workflow by its request id. A
-- about: session belongs to a key: two keys never share one.
-- param: limit = 20
with tops as materialized (
    select request_id, workspace, project, session, key, consumer, parent, kind, began_at, input_tokens, output_tokens, spent_nano, saved_nano
    from calls
    where request_id in (select root from roots)
), wholes as (
    select request_id, workspace, project, any_value(session) as session, any_value(key) as key, any_value(consumer) as consumer
    from tops
    group by request_id, workspace, project
), rows as (
    select session as workflow, key, project, consumer, first_at, last_at, calls, 0 as sub_calls, input_tokens, output_tokens, spent_nano,
        saved_nano
    from sessions
    union all
    -- They are among the calls of their session already.
    select session, key, project, consumer, began_at, began_at, 0, if(kind = 'adjusted', 0, 1), 0, 0, 0, 0
    from calls
    where parent is not null and session is not null
    union all
    select coalesce(wholes.session, root), coalesce(wholes.key, part.key), part.project, coalesce(wholes.consumer, part.consumer), began_at,
        began_at, if(kind = 'adjusted', 0, 1), if(kind = 'adjusted', 0, 1), input_tokens, output_tokens, spent_nano, saved_nano
    from calls as part
    join roots using (request_id)
    left join wholes on wholes.request_id = root and wholes.workspace = part.workspace and wholes.project = part.project
    where part.parent is not null and part.session is null
    union all
    select request_id, key, project, consumer, began_at, began_at, if(kind = 'adjusted', 0, 1), 0, input_tokens, output_tokens, spent_nano,
        saved_nano
    from tops
    where parent is null and session is null
)
select
    workflow,
    key,
    project,
    consumer,
    min(first_at) as first_at,
    max(last_at) as last_at,
    sum(calls) as calls,
    sum(sub_calls) as sub_calls,
    sum(input_tokens) as input_tokens,
    sum(output_tokens) as output_tokens,
    sum(spent_nano) as spent_nano,
    per(sum(spent_nano), sum(calls)) as spent_per_call_nano,
    sum(saved_nano) as saved_nano
from rows
group by workflow, key, project, consumer
order by spent_nano desc, workflow, key, consumer
limit $limit
