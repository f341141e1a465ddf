"""The gradebook as signed records: one document for each class and term (sổ điểm có chữ ký số).

`content` writes frozen data as canonical text, `acts` are the closing acts that are made by signing,
`reading` turns a record back into tables, for paper and pages.
"""
