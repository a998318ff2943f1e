-- title: Reserved endpoints
-- about: What each endpoint that is paid by the hour cost in each month, what a million tokens came to, and how much of
-- about: what is paid was in use: GPU-hours of hours in which at least one call was booked, of all GPU-hours that are paid.
-- about: Tokens are those of calls that cost nothing themselves because the hour is paid.
with by_hour as (
    select
        hour, provider, target, any_value(model) as model,
        sum(if(outcome = 'rented', gpu_ms, 0)) as gpu_ms,
        sum(if(outcome = 'rented', spent_nano, 0)) as spent_nano,
        sum(if(cost_source = 'rented', calls, 0)) as calls,
        sum(if(cost_source = 'rented', input_tokens + output_tokens, 0)) as tokens
    from sums
    where outcome = 'rented' or cost_source = 'rented'
    group by hour, provider, target
)
select
    strftime(timezone($tz, hour), '%Y-%m') as month,
    provider,
    target,
    any_value(model) as model,
    count_if(gpu_ms > 0) as hours,
    round(sum(gpu_ms) / 3600000, 3) as gpu_hours,
    round(sum(if(calls > 0, gpu_ms, 0)) / 3600000, 3) as gpu_hours_in_use,
    percent(sum(if(calls > 0, gpu_ms, 0)), sum(gpu_ms)) as percent_in_use,
    sum(calls) as calls,
    sum(tokens) as tokens,
    sum(spent_nano) as spent_nano,
    sum(if(calls > 0, 0, spent_nano)) as spent_unused_nano,
    per(sum(spent_nano) * 1000000, sum(tokens)) as spent_per_million_tokens_nano
from by_hour
group by month, provider, target
order by month, spent_nano desc, provider, target
