"""Every number that the choice of a plan and its bounds depend on, with the experiment that it comes from.

All were measured on ten million sessions, one organisation with nine in ten of them, with `make bench ROWS=10000000`.
"""

# The rows that a bounded scan reads first. Twice as many cost each list without frequent matches 0.2 ms. With half as
# many, lists with a match in five rows need a second statement.
SCAN_ROWS = 250
# The rows it reads first for lists by queue time or duration: they also show whether all matches can be sorted.
SORTED_SCAN_ROWS = 1_000
# The most rows that a longer scan reads, in 20 ms. Sorting a hundred thousand matches instead takes a second.
MOST_SCAN_ROWS = 20_000
# Finding the next row of one key in its own index takes as long as scanning so many rows that follow each other.
SCAN_ROWS_A_KEY = 2

# Up to this many keys, each is a branch of its own in a merge append. With more of them, planning the branches takes
# longer than reading the rows.
FEW_KEYS = 8
# The most groups that alternatives are multiplied out to. Each is a probe of the index of the buckets.
MOST_COVERS = 8
# A longer list is a subquery, since the planner estimates each value of a list by itself: 2,000 values take 4 ms.
ESTIMATED_VALUES = 64

# Hundreds of keys are read as far ahead as should hold SPARE times the rows that are needed. Where that time holds more
# than MOST_SPARE times as many, a skip scan reads less: 2.8 instead of 3.9 ms for 500 rare people.
SPARE = 2
MOST_SPARE = 8

# A clause with more keys costs more to probe in the index of the buckets than to check on the rows that the other
# clauses give.
PROBED_KEYS = 64
# The buckets that one statement walks through: two years and a quarter. An empty one costs 0.02 ms.
BUCKETS_AT_ONCE = 119

# A count stops after so many rows: ten thousand scattered ones take 20 to 50 ms.
COUNT_CAP = 10_000
# A count of more than two pages is remembered for a minute, so that turning pages does not take it each time.
REMEMBERED_FROM = 101
REMEMBERED_SECONDS = 60
