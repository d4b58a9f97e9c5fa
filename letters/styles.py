"""The browser's defaults for the tags a letter may have, and no more.

WeasyPrint's own sheet styles six pseudo-elements of every element, which takes a quarter of a letter's time.
"""

DEFAULTS = """
head, meta, title { display: none }
html, body, header, footer, main, section, div, p, h1, h2, h3, hr, ul, ol, dl, dt, dd { display: block }
li { display: list-item }
table { display: table; box-sizing: border-box; border-spacing: 2px; text-indent: initial }
colgroup { display: table-column-group }
col { display: table-column }
thead { display: table-header-group; vertical-align: middle }
tbody { display: table-row-group; vertical-align: middle }
tfoot { display: table-footer-group; vertical-align: middle }
tr { display: table-row; vertical-align: inherit }
td, th { display: table-cell; vertical-align: inherit; padding: 1px }
b, strong, th, h1, h2, h3 { font-weight: bold }
th { text-align: center }
i, em { font-style: italic }
u { text-decoration: underline }
small, sub, sup { font-size: smaller }
sub { vertical-align: sub; line-height: normal }
sup { vertical-align: super; line-height: normal }
p, ul, ol, dl { margin-top: 1em; margin-bottom: 1em }
ul, ol { padding-left: 40px; counter-reset: list-item }
ul { list-style-type: disc }
ol { list-style-type: decimal }
dd { margin-left: 40px }
h1 { font-size: 2em; margin: 0.67em 0 }
h2 { font-size: 1.5em; margin: 0.83em 0 }
h3 { font-size: 1.17em; margin: 1em 0 }
hr { border: 1px inset gray; margin: 0.5em auto }
br::before { content: "\\A"; white-space: pre-line }
li::marker { font-variant-numeric: tabular-nums; white-space: pre; text-transform: none }
img { overflow: hidden }
"""
