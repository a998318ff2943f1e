-- title: Cost by tag
-- about: What was spent under each value of each of your own tags (attribution.tags, x-tf-tag-NAME). Calls without a
-- about: tag stand under it too, without a value: the values of a tag are together all calls.
-- param: limit = 100
with stated as (
    select tags, sum(calls) as calls, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
        sum(spent_nano) as spent_nano, sum(saved_nano) as saved_nano
    from sums
    group by tags
),
names as (
    select distinct unnest(json_keys(tags)) as tag from stated where tags is not null
),
by_value as (
    select tag, (tags::JSON::MAP(VARCHAR, VARCHAR))[tag] as value, sum(calls) as calls,
        sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens, sum(spent_nano) as spent_nano,
        sum(saved_nano) as saved_nano
    from names cross join stated
    group by all
)
select *, percent(spent_nano, sum(spent_nano) over (partition by tag)) as percent_of_all
from by_value
qualify row_number() over (partition by tag order by spent_nano desc, calls desc, value) <= $limit
order by tag, spent_nano desc, calls desc, value
