-- title: Computed and reported cost
-- about: Where a provider says what a call cost: by how much that differs from what was computed of its tokens, by
-- about: month. Above 0: the provider asks for more than the catalogue says.
with by_hour as (
    select hour, provider, model, sum(reported_calls) as reported_calls, sum(computed_nano) as computed_nano,
        sum(reported_nano) as reported_nano
    from sums
    where reported_calls > 0
    group by hour, provider, model
)
select
    strftime(timezone($tz, hour), '%Y-%m') as month,
    provider,
    model,
    sum(reported_calls) as calls,
    sum(computed_nano) as computed_nano,
    sum(reported_nano) as reported_nano,
    sum(reported_nano) - sum(computed_nano) as difference_nano,
    percent(sum(reported_nano) - sum(computed_nano), sum(computed_nano)) as percent_difference
from by_hour
group by month, provider, model
order by month, abs(difference_nano) desc, provider, model
