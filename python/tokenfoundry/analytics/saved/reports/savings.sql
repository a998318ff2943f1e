-- title: Spend and savings
-- about: What was spent, and what each part of the factory saved, by month. Spent and saved together are what the same
-- about: calls would have cost without it, exactly.
with by_hour as (
    select hour, sum(calls) as calls, sum(hits) as hits, sum(spent_nano) as spent_nano, sum(saved_response_cache_nano) as saved_response_cache_nano,
        sum(saved_prompt_cache_nano) as saved_prompt_cache_nano, sum(saved_routing_nano) as saved_routing_nano, sum(saved_batch_nano) as saved_batch_nano,
        sum(saved_nano) as saved_nano
    from sums
    group by hour
)
select
    strftime(timezone($tz, hour), '%Y-%m') as month,
    sum(calls) as calls,
    sum(hits) as hits,
    sum(spent_nano) as spent_nano,
    sum(saved_response_cache_nano) as saved_response_cache_nano,
    sum(saved_prompt_cache_nano) as saved_prompt_cache_nano,
    sum(saved_routing_nano) as saved_routing_nano,
    sum(saved_batch_nano) as saved_batch_nano,
    sum(saved_nano) as saved_nano,
    sum(spent_nano) + sum(saved_nano) as without_factory_nano,
    percent(sum(saved_nano), sum(spent_nano) + sum(saved_nano)) as percent_saved
from by_hour
group by month
order by month
