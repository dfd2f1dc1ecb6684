"""The sentences of docs/accuracy.md, around its tables."""

from typing import Final

INTRODUCTION: Final = """\
# How exact the costs are

Written by `make accuracy`; edit nothing here. Prices: {catalogue} with LLMLab's overrides.

{cases} calls of which the cost is known, ${spend} in all, are priced by the worker's own way from an
event's bytes to its cost, each at its own time. *Exact* is equal to the last of twelve decimals, rounded
half-even, for the tokens and for the fees of tools. *Unpriced* is an answer that names no cost. *Wrong* is
every other: a confident figure that is not the true one. The same calls are priced by genai-prices, by its
own functions, and by two price lists in litellm's format, read with every field in which they state a price.
"""
KIND_TEXTS: Final = """\
- **agreement**: {recorded} recorded responses of providers ({streamed} streamed, {first} to {last}), on whose
  token costs two price lists and two independent readings of the usage agree. LLMLab and genai-prices read
  the response itself; the lists are told its token classes.
- **dated**: both sides of every dated change of a price in the catalogue's history, a second before and the
  instant itself, out of order. The true cost is read from the dates of the catalogue's data. litellm's and
  tokencost's lists know no history: of a change they can have one side.
- **contested**: prices on which sources disagree, each adjudicated by the provider's page or the best public
  evidence there is. Where that settles nothing, only naming no cost is exact.
- **built**: batches, service tiers, one-hour caches, long contexts, audio, regions and times of the day, from
  price pages.
"""
CASES: Final = {
    "contested": """\
## Contested prices, case by case

The true cost is the adjudicated one; beside it, what each source names, and whether that is right.
""",
    "built": """\
## Built cases, case by case
""",
}
LIMITS: Final = """\
## What this does not show

- LLMLab's prices start from genai-prices' list. Where only that list knows a price, nothing here can find it
  wrong; on dated cases the two can hardly differ.
- LLMLab's own corrections and the contested and built cases were written from the same sources. That they
  agree shows that the corrections take effect where they should, not that the sources are right; and a
  contested case is one on which some list is wrong, so their share says nothing of a usual bill.
- A price page is cited as public copies of it show it on the day named; pages are not read again by a run.
- Chinese public holidays, on which DeepSeek has no peak hours either, are charged as working days.
- Batches, tiers and regions of sellers that no case names are charged the standard price. Regions of Vertex
  AI are known by the names that the overrides list.
- A provider or a shape that the table does not name has no case here.
- A response is recorded by its usage object. What a provider charges and leaves out of that object, such as
  OpenAI's fee for a web or file search, is no part of the true cost here.
"""
