-- title: Hours of the week
-- about: When calls come: by the day of the week (1 is Monday) and the hour, in the zone of --tz.
-- show: heatmap
with by_hour as (
    select hour, sum(calls) as calls, sum(spent_nano) as spent_nano
    from sums
    group by hour
)
select
    isodow(timezone($tz, hour)) as weekday,
    hour(timezone($tz, hour)) as hour_of_day,
    sum(calls) as calls,
    sum(spent_nano) as spent_nano
from by_hour
group by all
order by weekday, hour_of_day
