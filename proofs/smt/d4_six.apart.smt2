; Statement: Where no two units are proportional none can be removed: six units of two
;   inputs.
; This part: no two units are proportional
; Source: Section 4: it is not possible to exploit less restrictive relationships than
;   proportionality
; Expected: unsat (no numbers are so); the statement is refuted.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const factor Real)
(define-fun s!0 () Bool (= 1.0 (* (- 1.0) factor)))
(define-fun s!1 () Bool (and false (= 0.0 factor)))
(define-fun s!2 () Bool (= 0.0 (* (- 1.0) factor)))
(define-fun s!3 () Bool (= (- 1.0) (* (- 1.0) factor)))
(assert (< 0.0 factor))
(assert (or s!0 s!1 (and false s!2) (and (= 1.0 factor) (= 0.0 factor)) (and s!0 s!2) s!1 (and false s!2) (and (= (- 1.0) factor) (= 0.0 factor)) (and s!3 s!2) s!0 (and (= 0.0 factor) (= 1.0 factor)) (and s!2 s!0) (and (= 0.0 factor) (= (- 1.0) factor)) (and s!2 s!3) (and s!0 s!0)))
(check-sat)
