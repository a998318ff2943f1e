"""How well, and how fast, personal data is found: the parts of `bench_pii.py`.

items        a text with its truths, and templates that become one
identifiers, internet, credentials, phones, places, dates       values, each spelled as people spell it
negatives    what looks like a value and is none
wording      the sentences around them, from `benchmarks/data/pii/wording_*.txt`
sets         the evaluation sets: seeded, the same on every run
names        the held-out texts with names, from files
corpora      code, where nobody's data is
logs         the same of machines, made here
hostile      texts made to be slow
own          our detector as the sets ask it
labels       which name of a peer stands for which entity here
peers, peer_worker      the rivals, each in a process and a virtual environment of their own
scoring      precision, recall, F1
speed        CPU time, start-up, memory
table        what is printed
"""
