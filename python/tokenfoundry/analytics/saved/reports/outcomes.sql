-- title: Outcomes
-- about: How calls ended, and what those cost that ended badly.
select
    outcome,
    sum(calls) as calls,
    sum(uncertain) as uncertain,
    sum(estimated) as estimated,
    sum(spent_nano) as spent_nano,
    per(sum(latency_ms), sum(calls)) as latency_ms,
    percent(sum(calls), sum(sum(calls)) over ()) as percent_of_calls
from sums
group by outcome
order by calls desc, outcome
