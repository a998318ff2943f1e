-- title: Top callers
-- about: Who spends most: the consumers of each key.
-- param: limit = 20
select
    consumer,
    key,
    project,
    sum(calls) as calls,
    sum(refused) as refused,
    sum(failed) as failed,
    sum(input_tokens) as input_tokens,
    sum(output_tokens) as output_tokens,
    sum(spent_nano) as spent_nano,
    percent(sum(spent_nano), sum(sum(spent_nano)) over ()) as percent_of_all
from sums
group by consumer, key, project
order by spent_nano desc, calls desc, consumer, key, project
limit $limit
