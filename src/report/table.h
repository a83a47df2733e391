/* The one list of formats: REPORT(x) for report_x of <x>.c, in the order of --help. */
REPORT(text)
REPORT(html)
REPORT(json)
REPORT(csv)
REPORT(junit)
REPORT(xccdf)
REPORT(prometheus)
REPORT(lines)
