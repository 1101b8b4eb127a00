; Statement: There is a unique maximum lumpability: for two zero units z1, z2 and n =
;   ReLU(x), read by v = ReLU(z1 + n), t = ReLU(z2 + n), w = ReLU(2 z2 + n).
; This part: no rho merges z1, z2 and v, t, w, alone or with more (q is 1/rho)
; Source: Theorem 2 with weighted class sums
; Expected: unsat (no numbers are so); the statement is refuted.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const q_z1 Real)
(declare-const q_z2 Real)
(declare-const q_n Real)
(declare-const q_v Real)
(declare-const q_t Real)
(declare-const q_w Real)
(define-fun s!0 () Bool (= (* q_z1 0.0) (* q_z2 0.0)))
(define-fun s!1 () Bool (= (* q_v 0.0) (* q_t 0.0)))
(define-fun s!2 () Bool (= (* q_v 0.0) (* q_w 0.0)))
(assert (or (and (< 0.0 q_z1) (< 0.0 q_z2) (< 0.0 q_n) (< 0.0 q_v) (< 0.0 q_t) (< 0.0 q_w) s!0 s!0 s!1 (= (* q_v q_z2) (* q_t q_z1)) (= (* q_v q_n) (* q_t q_n)) s!2 (= (* q_v (* 2.0 q_z2)) (* q_w q_z1)) (= (* q_v q_n) (* q_w q_n))) (and (< 0.0 q_z1) (< 0.0 q_z2) (< 0.0 q_n) (< 0.0 q_v) (< 0.0 q_t) (< 0.0 q_w) s!0 s!0 (= (* q_z1 0.0) (* q_n 0.0)) (= (* q_z1 1.0) (* q_n 0.0)) s!1 (= (* q_v (+ q_z2 q_n)) (* q_t (+ q_z1 q_n))) s!2 (= (* q_v (+ (* 2.0 q_z2) q_n)) (* q_w (+ q_z1 q_n))))))
(check-sat)
