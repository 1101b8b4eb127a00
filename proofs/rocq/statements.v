From mathcomp Require Import all_ssreflect all_algebra.
From lumpver Require Import network relabelling lumping counterexamples signs.
From lumpver Require Import sweep maximum unobserved examples.

(******************************************************************************)
(* The main statements, alone.  The definitions are those of the files above, *)
(* each with a glossary at its head; the remarks say what they unfold to.     *)
(* R is any real field (rationals and reals included), F any family of        *)
(* activations, N any network of any depth and widths, x any input.           *)
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory.

Local Open Scope ring_scope.

Section Definitions.

Variables (R : realFieldType) (F : family R) (m n p : nat).
Variables (W : 'M[R]_(n, m)) (b : 'cV[R]_n) (A : 'I_n -> F) (N : net F n p).

Remark what_eval_is x :
  eval (Hidden (dense W b) A N) x =
  eval N (\col_v activate (A v) ((W *m x + b) v 0)).
Proof. by []. Qed.

Remark what_eval_ends_with x :
  eval (Output (dense W b) A) x = \col_v activate (A v) ((W *m x + b) v 0).
Proof. by []. Qed.

Remark what_relu_is x : activate ((1, 0) : slopes R) x = Num.max x 0.
Proof. exact: slope_relu. Qed.

Remark what_leaky_is a x :
  activate ((1, a) : slopes R) x = if 0 <= x then x else a * x.
Proof. exact: slope_leaky. Qed.

Remark what_reading_is l (M : 'M[R]_(n, l)) k x :
  eval (reading M k N) x = eval N (M *m x + k).
Proof. exact: eval_reading. Qed.

Remark what_nonneg_is v :
  nonneg W b v = [forall u, 0 <= W v u] && (0 <= b v 0).
Proof. by []. Qed.

Remark what_up_unit_is m' g (r : relab R m m' g) v :
  up_unit true r (dense W b) v =
  nonneg W b v || nonneg (W *m matrix_of r) (W *m constant_of r + b) v.
Proof. by rewrite /up_unit weights_dense offset_dense. Qed.

Remark what_up_block_is m' g n' h (r : relab R m m' g) W' b'
    (D : 'M_(h, m')) E c (r1 : relab R n n' h) j :
  up_block true r (dense W b) (dense W' b') D E c r1 j =
  nonneg (block_mx W' 0 D E) (col_mx b' c) j ||
  [exists v, [&& up_unit true r (dense W b) v, 0 < matrix_of r1 v j,
     row v (matrix_of r1) == matrix_of r1 v j *: delta_mx 0 j &
     constant_of r1 v 0 == 0]].
Proof. by rewrite /up_block (weights_dense W') (offset_dense W'). Qed.

Remark what_lumpable_is P c (s : segment R m n) (L : lumping (Hidden s A N)) :
  lumpable P c L =
  (lumpable_layer P c (weights s) (offset s) A L.1 /\
   lumpable L.1 (constants P c (weights s) (offset s) A) L.2).
Proof. by []. Qed.

Remark what_lumpable_layer_is P c (Q : lump R n) :
  lumpable_layer P c W b A Q =
  let sum v i := \sum_(u | cls P u == Some i) W v u / rho P u in
  let bias v := b v 0 + \sum_(u | cls P u == None) W v u * c u in
  ((forall v, cls Q v = None -> forall i, sum v i = 0) /\
   (forall v t, (cls Q v != None) && (cls Q v == cls Q t) ->
     [/\ A v = A t, homogeneous (A v) \/ rho Q v = rho Q t,
         rho Q v * bias v = rho Q t * bias t &
         forall i, rho Q v * sum v i = rho Q t * sum t i])).
Proof. by []. Qed.

End Definitions.

Section Statements.

Variables (R : realFieldType) (F : family R) (m p : nat).

(** Relabellings t = M t' + k, ghosts and multiplied-out segments included *)
Theorem relabelling_is_sound (N N' : net F m p) :
  relabelled false (id_relab m) N N' -> forall x, eval N x = eval N' x.
Proof. exact: relabelled_sound. Qed.

(** Units that never switch, behind ReLU (a = 0), LeakyReLU or Abs (a = -1):
    what comes in is >= 0, the weights W and biases b are >= 0, and so are
    those of the sums C W, whatever the signs in C.  The sums go, and N reads
    (v, w, C w + k) where v, w are left; v are any other units. *)
Theorem stable_units_pass l q n t (s : segment R l m) (A : 'I_m -> slopes R)
    (V : 'M_(q, m)) (d : 'cV_q) (W : 'M_(n, m)) (b : 'cV_n)
    (C : 'M_(t, n)) (k : 'cV_t) (a : R) (N : net (slopes R) (q + n + t) p)
    (code : slopes R := (1, a)) :
    (forall v y, 0 <= activate (A v) y) ->
    (forall v u, 0 <= W v u) -> (forall v, 0 <= b v 0) ->
    (forall v u, 0 <= (C *m W) v u) -> (forall v, 0 <= (C *m b + k) v 0) ->
  forall x,
  eval (Hidden s A
       (Hidden (dense (col_mx (col_mx V W) (C *m W))
                      (col_mx (col_mx d b) (C *m b + k))) (fun=> code) N)) x =
  eval (Hidden s A
       (Hidden (dense (col_mx V W) (col_mx d b)) (fun=> code)
          (reading (col_mx 1%:M (row_mx 0 C)) (col_mx 0 k) N))) x.
Proof.
move=> A_ge0 W_ge0 b_ge0 CW_ge0 Cb_ge0 x.
apply: stable_sums_go => // v; rewrite /nonneg ?b_ge0 ?Cb_ge0 andbT.
  by apply/forallP.
by apply/forallP.
Qed.

(** ReLU units with weights and biases <= 0 behind what is >= 0: they are 0 *)
Theorem switched_off_units_go l q n (s : segment R l m)
    (A : 'I_m -> slopes R) (V : 'M_(q, m)) (d : 'cV_q) (W : 'M_(n, m))
    (b : 'cV_n) (N : net (slopes R) (q + n) p)
    (relu_code : slopes R := (1, 0)) :
    (forall v y, 0 <= activate (A v) y) ->
    (forall v u, W v u <= 0) -> (forall v, b v 0 <= 0) ->
  forall x,
  eval (Hidden s A
       (Hidden (dense (col_mx V W) (col_mx d b)) (fun=> relu_code) N)) x =
  eval (Hidden s A
       (Hidden (dense V d) (fun=> relu_code)
          (reading (col_mx 1%:M 0) 0 N))) x.
Proof.
move=> A_ge0 W_le0 b_le0 x; apply: switched_off_go => // v.
by rewrite /nonpos b_le0 andbT; apply/forallP.
Qed.

(** Theorem 1* *)
Theorem quotient_is_exact (N : net F m p) (L : lumping N) :
  is_lumping L -> forall x, eval N x = eval (quotient_net L) x.
Proof. exact: quotient_eval. Qed.

(** Theorem 2* *)
Theorem coarsest_is_the_maximum (N : net F m p) :
  is_lumping (coarsest N) /\
  forall L : lumping N, is_lumping L -> finer L (coarsest N).
Proof. by split; [exact: coarsest_ok | exact: coarsest_max]. Qed.

(** Unobserved units *)
Theorem unobserved_units_may_go (N : net F m p) (L : keeping N) :
  closed setT L -> forall x, eval (restrict L) x = eval N x.
Proof. exact: restrict_eval. Qed.

Theorem observed_units_are_the_least (N : net F m p) :
  closed setT (observed N) /\
  forall L : keeping N, closed setT L -> includes L (observed N).
Proof. by split; [exact: observed_closed | exact: observed_least]. Qed.

(** One forward sweep, quotient, one backward sweep *)
Theorem reduction_is_exact (N : net F m p) x :
  eval (restrict (observed (quotient_net (coarsest N)))) x = eval N x.
Proof. by rewrite observed_eval -quotient_eval //; exact: coarsest_ok. Qed.

(** Definition 6 as printed: the quotient can differ (D1) *)
Theorem definition6_as_printed_is_unsound :
  exists (N : net (slopes R) 1 1) (L : lumping N) x,
    [/\ printed (id_lump 1) L, no_constants L &
        eval N x != eval (quotient_net L) x].
Proof. exact: printed_definition_fails. Qed.

(** Weighted sums, constants not folded: no maximum (D2) *)
Theorem definition6w_has_no_maximum : exists N : net (slopes R) 1 1,
  ~ exists M : lumping N, [/\ no_constants M, is_lumping M &
      forall L, no_constants L -> is_lumping L -> finer L M].
Proof. exact: no_maximum. Qed.

Theorem definition6w_has_two_maxima :
  exists (N : net (slopes R) 1 1) (L M : lumping N),
  [/\ no_constants L /\ is_lumping L, no_constants M /\ is_lumping M,
      maximal L, maximal M & ~ finer L M /\ ~ finer M L].
Proof. exact: two_maxima. Qed.

(** The sign lemma, for two terms and for any number *)
Theorem sign_lemma (r1 r2 y1 y2 : R) : 0 < r1 -> 0 < r2 ->
  relu (r1 * y1 + r2 * y2) = r1 * relu y1 + r2 * relu y2 <-> 0 <= y1 * y2.
Proof. exact: sign_relu. Qed.

Theorem sign_lemma_two_slopes (a b r1 r2 y1 y2 : R) :
    a != b -> 0 < r1 -> 0 < r2 ->
  slope a b (r1 * y1 + r2 * y2) = r1 * slope a b y1 + r2 * slope a b y2 <->
  0 <= y1 * y2.
Proof. exact: sign_pairP. Qed.

Theorem sign_lemma_any_number (I : finType) a b (r y : I -> R) :
    a != b -> (forall i, 0 < r i) ->
  slope a b (\sum_i r i * y i) = \sum_i r i * slope a b (y i) <->
  (forall i, 0 <= y i) \/ (forall i, y i <= 0).
Proof. by move=> ab; exact: sign_sumP. Qed.

Theorem sign_lemma_pairwise (I : finType) a b (r y : I -> R) :
    a != b -> (forall i, 0 < r i) ->
  slope a b (\sum_i r i * y i) = \sum_i r i * slope a b (y i) <->
  forall i j, 0 <= y i * y j.
Proof. by move=> ab; exact: sign_pairwiseP. Qed.

(** Positive homogeneity, and no other scale *)
Theorem homogeneous_means_two_slopes (f : R -> R) :
  (forall c, 0 < c -> commutes f c) <-> f =1 slope (f 1) (- f (- 1)).
Proof. exact: homogeneousE. Qed.

Theorem relu_has_no_other_scale s s' k :
  (forall y : R, relu (s * y) = s' * relu y + k) <->
  [/\ 0 <= s, s' = s & k = 0].
Proof. exact: relu_scaleP. Qed.

Theorem leaky_has_no_other_scale (a s s' k : R) : a != 1 -> a != - 1 ->
  (forall y, leaky a (s * y) = s' * leaky a y + k) <->
  [/\ 0 <= s, s' = s & k = 0].
Proof. exact: leaky_scaleP. Qed.

End Statements.

Print Assumptions relabelling_is_sound.
Print Assumptions stable_units_pass.
Print Assumptions switched_off_units_go.
Print Assumptions quotient_is_exact.
Print Assumptions coarsest_is_the_maximum.
Print Assumptions unobserved_units_may_go.
Print Assumptions observed_units_are_the_least.
Print Assumptions reduction_is_exact.
Print Assumptions definition6_as_printed_is_unsound.
Print Assumptions definition6w_has_no_maximum.
Print Assumptions definition6w_has_two_maxima.
Print Assumptions sign_lemma.
Print Assumptions sign_lemma_two_slopes.
Print Assumptions sign_lemma_any_number.
Print Assumptions sign_lemma_pairwise.
Print Assumptions homogeneous_means_two_slopes.
Print Assumptions relu_has_no_other_scale.
Print Assumptions leaky_has_no_other_scale.
