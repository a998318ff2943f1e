"""Files of calls (`/v1/files`) and batches of them (`/v1/batches`): answered within a day, held and billed by the line.

    records     what is known of a file, a batch and a line
    books       the ledger for holds that outlive their process
    store       the directory: records written whole, contents as sealed logs (`privacy.sealed_log`)
    form        the upload, read as it comes
    intake      each line of an upload checked, as an ordinary call would be
    lines       how a line is a call: the walk's own code, with ids that survive a restart
    creation    a batch planned, routed and held before anything of it is sent
    remote      the files and batches of a provider that has them
    results     what comes of a line: settled, restored, and said as the files of a batch say it
    journal     what was done about each line, and the files that this becomes
    work        what all batches that go on have in common
    remote_run  a batch that goes to its provider as a file
    own_run     a batch whose lines are sent one by one
    runner      what goes on in the background
    shapes      files and batches as the API shows them
    service     what the routes of the gateway ask for

**What is sent** is what an ordinary call would send: redacted by the endpoint's own code. A line's `custom_id` stays
here, since nobody knows what it says; its number goes in its place.

**What lies on disk** is sealed (`privacy.sealed`): the upload as it came, the plan (each line redacted, and the values
of its placeholders), the results. The plan is erased when the results are complete and restored.

**What is billed** is one ledger entry for each line, with the id `<batch>:<line>/0`. All lines are held before the
batch exists; the hold of a line is settled with its usage, or voided when nothing came of it. The ledger knows each id,
so it does not matter how often results are read or where a process died. A hold that is open when a process ends is
posted in full when the books are next opened (that is the ledger's rule); when the line's usage comes, a linked
correction posts the difference.

**Where it runs.** One target for a batch, chosen by the router as for one call that has the needs of all its lines. A
provider that has batches of its own gets the whole file; at any other each line is walked like a call. A line that may
have been sent is never sent again: when a process dies, the lines that were under way are told as lost.
"""
