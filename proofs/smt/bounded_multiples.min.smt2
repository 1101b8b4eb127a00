; Statement: For all c, z and r > 0: max(c, c + r z) = c + r (max(c, c + z) - c), and so
;   with min.
; This part: min
; Source: the rule of symmetries
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const r Real)
(declare-const c Real)
(declare-const z Real)
(assert (< 0.0 r))
(assert (not (= (ite (<= c (+ c (* r z))) c (+ c (* r z))) (+ c (* r (- (ite (<= c (+ c z)) c (+ c z)) c))))))
(check-sat)
