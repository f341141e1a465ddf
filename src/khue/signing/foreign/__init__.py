"""The Ministry's transcript layout (học bạ số), and files that other systems signed (e-records.md 1.5).

A second closed profile beside `khue.signing.xades`: known slots, known Ids, few transforms. `layout`
is the table of slots, `prepare` puts our own signatures into them, `verify` checks files from other
provinces and says «not certain» about anything outside the profile.
"""
