; Statement: For 0 < a < 1 and r1, r2, r3 > 0: A of the sum of the r y is the sum of the r
;   A(y) iff all y >= 0 or all y <= 0, with A the LeakyReLU of slope a.
; Source: Section 4, the equivalence after Theorem 2
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const a Real)
(declare-const r1 Real)
(declare-const r2 Real)
(declare-const r3 Real)
(declare-const y1 Real)
(declare-const y2 Real)
(declare-const y3 Real)
(define-fun s!0 () Real (+ (+ (* r1 y1) (* r2 y2)) (* r3 y3)))
(assert (< 0.0 a))
(assert (< a 1.0))
(assert (< 0.0 r1))
(assert (< 0.0 r2))
(assert (< 0.0 r3))
(assert (not (= (= (ite (<= 0.0 s!0) s!0 (* a s!0)) (+ (+ (* r1 (ite (<= 0.0 y1) y1 (* a y1))) (* r2 (ite (<= 0.0 y2) y2 (* a y2)))) (* r3 (ite (<= 0.0 y3) y3 (* a y3))))) (or (and (<= 0.0 y1) (<= 0.0 y2) (<= 0.0 y3)) (and (<= y1 0.0) (<= y2 0.0) (<= y3 0.0))))))
(check-sat)
