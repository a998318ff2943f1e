-- title: Spend and savings on every axis
-- about: What each value of each axis spent, and what each part of the factory saved on it. On every axis the values
-- about: together are the same calls; limit is how many values of an axis are shown, the dearest first.
-- param: limit = 100
with by_axis as (
    select
        case 0
            when grouping(workspace) then 'workspace'
            when grouping(project) then 'project'
            when grouping(consumer) then 'consumer'
            when grouping(key) then 'key'
            when grouping(intent) then 'intent'
            when grouping(alias) then 'alias'
            when grouping(model) then 'model'
            when grouping(region) then 'region'
            else 'env'
        end as axis,
        coalesce(workspace, project, consumer, key, intent, alias, model, region, env) as value,
        sum(calls) as calls,
        sum(spent_nano) as spent_nano,
        sum(saved_batch_nano) as saved_batch_nano,
        sum(saved_prompt_cache_nano) as saved_prompt_cache_nano,
        sum(saved_routing_nano) as saved_routing_nano,
        sum(saved_response_cache_nano) as saved_response_cache_nano,
        sum(saved_nano) as saved_nano
    from sums
    group by grouping sets (workspace, project, consumer, key, intent, alias, model, region, env)
)
select
    *,
    spent_nano + saved_nano as without_factory_nano,
    percent(saved_nano, spent_nano + saved_nano) as percent_saved
from by_axis
qualify row_number() over (partition by axis order by spent_nano desc, calls desc, value) <= $limit
order by axis, spent_nano desc, calls desc, value
