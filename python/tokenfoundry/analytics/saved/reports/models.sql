-- title: Cost by model
-- about: What was spent at each provider's models.
select
    provider,
    model,
    sum(calls) as calls,
    sum(input_tokens) as input_tokens,
    sum(output_tokens) as output_tokens,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(spent_nano) as spent_nano,
    per(sum(spent_nano) * 1000000, sum(input_tokens) + sum(output_tokens)) as spent_per_million_tokens_nano,
    sum(saved_nano) as saved_nano,
    percent(sum(spent_nano), sum(sum(spent_nano)) over ()) as percent_of_all
from sums
group by all
order by spent_nano desc, calls desc, 1, 2
