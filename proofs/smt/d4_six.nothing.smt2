; Statement: Where no two units are proportional none can be removed: six units of two
;   inputs.
; This part: they sum up to 0
; Source: Section 4: it is not possible to exploit less restrictive relationships than
;   proportionality
; Expected: unsat (no numbers are so); the statement is refuted.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const x1 Real)
(declare-const x2 Real)
(define-fun s!0 () Real (+ (* (- 1.0) x1) (* (- 1.0) x2)))
(assert (not (= 0.0 (+ (ite (<= 0.0 x1) x1 0.0) (* (- 1.0) (ite (<= 0.0 (* (- 1.0) x1)) (* (- 1.0) x1) 0.0)) (ite (<= 0.0 x2) x2 0.0) (* (- 1.0) (ite (<= 0.0 (* (- 1.0) x2)) (* (- 1.0) x2) 0.0)) (* (- 1.0) (ite (<= 0.0 (+ x1 x2)) (+ x1 x2) 0.0)) (ite (<= 0.0 s!0) s!0 0.0)))))
(check-sat)
