"""Is somebody's reducer right? It runs on networks made to catch it, and we look.

Any callable from Network to Network will do, or from ONNX path to ONNX path. In another
project's tests it is two lines:

    from lumpver.trial.auditing import assert_sound
    def test_my_reducer(): assert_sound(my_reducer)

audit: the report of one reducer; assert_sound: the same, as a test
Report, Finding, Missed: what was found, as data, text, JSON and JUnit XML
load_reducer: `MODULE:FUNCTION` as a function
"""

from lumpver.trial.auditing.campaign import assert_sound, audit
from lumpver.trial.auditing.loading import load_reducer
from lumpver.trial.auditing.reports import Finding, Missed, Report

__all__ = ["Finding", "Missed", "Report", "assert_sound", "audit", "load_reducer"]
