-- title: Showback by month and team
-- about: What each project spent in each calendar month, and what was saved beside it.
with by_hour as (
    select hour, workspace, project, sum(calls) as calls, sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens, sum(spent_nano) as spent_nano, sum(saved_nano) as saved_nano
    from sums
    group by hour, workspace, project
),
by_month as (
    select strftime(timezone($tz, hour), '%Y-%m') as month, workspace, project, sum(calls) as calls,
        sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens, sum(spent_nano) as spent_nano,
        sum(saved_nano) as saved_nano
    from by_hour
    group by all
)
select
    month,
    workspace,
    project,
    calls,
    input_tokens,
    output_tokens,
    spent_nano,
    saved_nano,
    percent(spent_nano, sum(spent_nano) over (partition by month)) as percent_of_month
from by_month
order by month, spent_nano desc, workspace, project
