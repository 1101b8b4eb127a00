; Statement: Where no two units are proportional none can be removed: three units of one
;   input.
; This part: no two units are proportional
; Source: Section 4: it is not possible to exploit less restrictive relationships than
;   proportionality
; Expected: unsat (no numbers are so); the statement is refuted.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const factor Real)
(define-fun s!0 () Bool (= 0.0 (* (- 1.0) factor)))
(assert (< 0.0 factor))
(assert (or (= 1.0 (* (- 1.0) factor)) (and (= 1.0 factor) s!0) (and (= (- 1.0) factor) s!0)))
(check-sat)
