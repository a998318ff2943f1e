-- title: Budget burn
-- about: How much of each budget is used in the window of the last call (or of --until), and how much will be at its
-- about: end if it goes on alike. Needs the configuration that states the budgets. Caps are those in force, with what was
-- about: raised, and what a reset forgave is not used; where there are no books but only their rows, as configured.
with recent as (
    select * from sums
    where hour >= getvariable('budgets_from') and hour < getvariable('budgets_until')
),
used as (
    select
        budget, unit, mode, started_at, ends_at, hard, elapsed_ms, length_ms,
        concat_ws(' ',
            case when list_contains(each, 'workspace') then recent.workspace end,
            case when list_contains(each, 'project') then recent.project end,
            case when list_contains(each, 'consumer') then recent.consumer end,
            case when list_contains(each, 'key') then recent.key end,
            case when list_contains(each, 'intent') then recent.intent end,
            case when list_contains(each, 'alias') then recent.alias end,
            case when list_contains(each, 'model') then recent.model end,
            case when list_contains(each, 'region') then recent.region end,
            case when list_contains(each, 'env') then recent.env end) as account,
        sum(case unit when 'money_nano' then spent_nano when 'tokens' then tokens when 'requests' then requests
            when 'images' then images when 'audio' then audio else gpu_ms end) as used
    from budgets
    left join recent on hour >= started_at and hour < counted_until
        and matches(budgets.workspaces, workspace) and matches(budgets.projects, project)
        and matches(budgets.consumers, consumer) and matches(budgets.keys, key) and matches(budgets.intents, intent)
        and matches(budgets.aliases, alias) and matches(budgets.models, model)
        and matches(budgets.regions, region) and matches(budgets.envs, env)
    group by all
),
in_force as (
    select used.* exclude (used, hard), coalesce(used, 0) - coalesce(forgiven, 0) as used, coalesce(cap, hard) as hard,
        burst_left
    from used left join standing using (budget, account)
    where used is not null or account = ''
)
select
    budget,
    account,
    mode,
    if(unit = 'money_nano', 'money', unit) as unit,
    started_at,
    ends_at,
    case when unit = 'money_nano' then used end as spent_nano,
    case when unit = 'money_nano' then hard end as money_cap_nano,
    case when unit = 'money_nano' then used * length_ms // elapsed_ms end as money_forecast_nano,
    case when unit = 'money_nano' then burst_left end as money_burst_left_nano,
    case when unit <> 'money_nano' then used end as used,
    case when unit <> 'money_nano' then hard end as cap,
    case when unit <> 'money_nano' then used * length_ms // elapsed_ms end as forecast,
    case when unit <> 'money_nano' then burst_left end as burst_left,
    percent(used, hard) as percent_used,
    percent(used * length_ms // elapsed_ms, hard) as percent_forecast
from in_force
order by percent_forecast desc nulls last, budget, account
