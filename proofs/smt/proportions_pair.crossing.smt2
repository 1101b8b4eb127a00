; Statement: If one ReLU unit is a multiple of another plus a constant, both not constant,
;   then its weights and bias are a positive multiple of the other's.
; This part: the kinks cross in p, seen in a plane through p
; Source: Section 4: it is not possible to exploit less restrictive relationships than
;   proportionality
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const v1 Real)
(declare-const u2 Real)
(declare-const v2 Real)
(declare-const u1 Real)
(declare-const p1 Real)
(declare-const p2 Real)
(declare-const c Real)
(declare-const d Real)
(define-fun s!0 () Real (- (+ (* u1 p1) (* u2 p2))))
(define-fun s!1 () Real (+ (* u1 p1) (* u2 p2) s!0))
(define-fun s!2 () Real (- (+ (* v1 p1) (* v2 p2))))
(define-fun s!3 () Real (+ (* v1 p1) (* v2 p2) s!2))
(define-fun s!4 () Real (+ (* u1 (- p1 v2)) (* u2 (+ p2 v1)) s!0))
(define-fun s!5 () Real (+ (* v1 (- p1 v2)) (* v2 (+ p2 v1)) s!2))
(define-fun s!6 () Real (+ (* u1 (+ p1 v2)) (* u2 (- p2 v1)) s!0))
(define-fun s!7 () Real (+ (* v1 (+ p1 v2)) (* v2 (- p2 v1)) s!2))
(assert (distinct (- (* v1 u2) (* v2 u1)) 0.0))
(assert (= (ite (<= 0.0 s!1) s!1 0.0) (+ (* c (ite (<= 0.0 s!3) s!3 0.0)) d)))
(assert (= (ite (<= 0.0 s!4) s!4 0.0) (+ (* c (ite (<= 0.0 s!5) s!5 0.0)) d)))
(assert (= (ite (<= 0.0 s!6) s!6 0.0) (+ (* c (ite (<= 0.0 s!7) s!7 0.0)) d)))
(check-sat)
