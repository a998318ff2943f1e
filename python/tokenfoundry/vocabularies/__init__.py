"""Vocabularies: those that ship, and what a model's own tokenizer file says.

    published     the named ones: a table that was built with the package, or ranks that become one at first use
    rank_file     `.tiktoken`
    tekken        `tekken.json` of Mistral
    tokenizer_json, byte_level, characters    `tokenizer.json` of Hugging Face
    patterns      which published pattern a regular expression is
    table_cache   the tables that were built on this machine

Each reader gives the bytes of a table (`cpp/tokenfoundry/tokens/FORMAT.md`), or raises `InvalidInput` with a sentence
about what is wrong with the file. Nothing of a file is left out silently: what is not understood is refused by name.
"""
