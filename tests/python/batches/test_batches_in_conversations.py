"""The lines of a batch that states a conversation go on with its placeholders, and each gets its own values back."""

from __future__ import annotations

import json

from openai import OpenAI

from support.batch_provider import BatchProvider
from support.batching import create, line, results, said, until

CONVERSATION = {"x-tf-conversation": "ticket-4711"}
TEXTS = ("Sono mario@example.it", "Scrivi ad anna@example.it", "E mario@example.it?", "O luca@example.it")


def test_lines_go_on_with_the_numbers_of_their_conversation(client: OpenAI, provider: BatchProvider) -> None:
    first = create(client, [line("a", "Prima luca@example.it")], extra_headers=CONVERSATION)
    until(client, first, "in_progress")
    lines = [line(str(number), text) for number, text in enumerate(TEXTS)]
    batch = create(client, lines, extra_headers=CONVERSATION)
    until(client, batch, "in_progress")
    sent = [json.loads(each)["body"]["messages"][0]["content"] for each in provider.uploads[1].splitlines()]
    assert sent == [
        "Sono [EMAIL_ADDRESS_2]",
        "Scrivi ad [EMAIL_ADDRESS_3]",
        "E [EMAIL_ADDRESS_2]?",
        "O [EMAIL_ADDRESS_1]",
    ]
    provider.complete()
    answers = results(client, until(client, batch, "completed").output_file_id)
    assert [said(answers[str(number)]) for number in range(len(TEXTS))] == list(TEXTS)
