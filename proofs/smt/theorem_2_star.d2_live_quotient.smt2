; Statement: By Definition 6* the greedy relation M is the unique maximum and N/M computes
;   N, on the networks that refute uniqueness for weighted sums.
; This part: d2_live: N/M computes N
; Source: Theorem 2 with Definition 6*
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const x Real)
(define-fun s!0 () Real (ite (<= 0.0 (ite (<= 0.0 x) x 0.0)) (ite (<= 0.0 x) x 0.0) 0.0))
(assert (not (= (+ s!0 s!0 s!0) (* 3.0 s!0))))
(check-sat)
