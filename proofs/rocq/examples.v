From mathcomp Require Import all_ssreflect all_algebra.
From lumpver Require Import network relabelling.

(******************************************************************************)
(* What relabellings can do that lumpings cannot, each as a theorem about     *)
(* networks of any widths that relabelled_sound gives.                        *)
(*                                                                            *)
(*    ghosts_go == units that the next layer reads with weight 0 go, as       *)
(*                 ghosts of the relabelling                                  *)
(*  segments_go == a run of two affine nodes is worth one                     *)
(*   stable_pass == a ReLU layer with weights and biases >= 0, behind another *)
(*                 ReLU layer, passes into the next layer; each row of M has  *)
(*                 as many entries as it likes                                *)
(* stable_sums_go == units that are sums of others go, where neither they nor *)
(*                 the others ever switch                                     *)
(* stable_layers_go == two such layers, one behind the other: signs are read  *)
(*                 off the rows as they are or in terms of the smaller        *)
(*                 network, whose own rows may have any signs                 *)
(* switched_off_go == ReLU units with weights and biases <= 0, behind a layer *)
(*                 that is >= 0, go                                           *)
(*    third_goes == such a sum with numbers: u3 = 2 u2 - u1, so that the row  *)
(*                 of M for u3 is (-1, 2)                                     *)
(*                                                                            *)
(*        bent a == the activation max(x, 0) + a min(x, 0) at every unit      *)
(*   of_rows n m r == the matrix with the rows r, lists of integers           *)
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.Theory.

Local Open Scope ring_scope.

Section Rows.

Variables (R : realFieldType) (F : family R).

(** Units of known sign, without ghosts *)

Section Plain.

Variables (n n' : nat) (up dn : pred 'I_n) (up' : pred 'I_(n' + 0)).
Variables (A : 'I_n -> F) (A' : 'I_n' -> F) (B : 'I_0 -> F).
Implicit Types (M : 'M[R]_(n, n')) (k : 'cV[R]_n).

Lemma unchanged_plain M k v :
    up v -> (forall y, 0 <= y -> activate (A v) y = y) ->
    (forall j, M v j != 0 ->
       up' (lshift 0 j) /\ forall y, 0 <= y -> activate (A' j) y = y) ->
  unit_ok up dn up' A (join A' B) (plain M k) (plain M k) v.
Proof.
move=> upv Av A'ok; apply: Unchanged => // [y|j].
  by rewrite upv; exact: Av.
case: (split_ordP j) => [i|i] -> /=; last by case: (notF (ltn_ord i)).
rewrite row_mxEl /join (unsplitK (inl i)) => /A'ok[-> A'i] y.
exact: A'i.
Qed.

End Plain.

Section Columns.

Variables (m m' n n' : nat) (M : 'M[R]_(m, m')) (k : 'cV[R]_m).
Variables (s : segment R m n) (s' : segment R m' n').
Variables (M1 : 'M[R]_(n, n')) (k1 : 'cV[R]_n).

Lemma up_unit_plain v :
  up_unit true (plain M k) s v =
  nonneg (weights s) (offset s) v ||
  nonneg (weights s *m M) (weights s *m k + offset s) v.
Proof.
congr (_ || (_ && _)); rewrite /= mul_mx_row mulmx0.
apply/forallP/forallP=> W_ge0 u.
  by rewrite -(row_mxEl (weights s *m M) (0 : 'M_(n, 0))).
by case: (split_ordP u) => i ->; rewrite ?row_mxEl // row_mxEr mxE.
Qed.

Let up_column j := up_block true (plain M k) s s' (0 : 'M_(0, _)) 0 0
                            (plain M1 k1) (lshift 0 j).

Lemma up_column_row j : nonneg (weights s') (offset s') j -> up_column j.
Proof.
move=> /andP[/forallP W_ge0 b_ge0]; apply/orP; left; rewrite /= /block_mx.
rewrite /nonneg !col_mxEu b_ge0 andbT; apply/forallP => u; rewrite col_mxEu.
by case: (split_ordP u) => i ->; rewrite ?row_mxEl // row_mxEr mxE.
Qed.

Lemma up_column_witness j v a :
    up_unit true (plain M k) s v -> 0 < a -> row v M1 = a *: delta_mx 0 j ->
    k1 v 0 = 0 ->
  up_column j.
Proof.
move=> upv a_gt0 rE kE; apply/orP; right; apply/existsP; exists v.
have aE : M1 v j = a by have /rowP/(_ j) := rE; rewrite !mxE !eqxx mulr1.
rewrite /witness upv row_plain /= row_mxEl aE rE kE a_gt0 eqxx andbT.
by rewrite delta_mx_lshift scale_row_mx scaler0 eqxx.
Qed.

End Columns.

(** Layers that stay as they are *)

Lemma id_unit_ok n up dn up' (A : 'I_n -> F) B v :
  unit_ok up dn up' A (join A B) (id_relab n) (id_relab n) v.
Proof.
have rE : row v 1%:M = 1 *: delta_mx 0 v :> 'rV[R]_n by rewrite scale1r row1.
apply: (scaled_plain _ _ _ _ rE _ rE); first by rewrite mxE.
by move=> y; rewrite mxE !mul1r addr0.
Qed.

Lemma ghost_unit_ok n n' up dn up' (A : 'I_(n + n') -> F) v :
  let r := Relab 1%:M 0 : relab R (n + n') n n' in
  unit_ok up dn up' A A r r v.
Proof.
have rE : row v 1%:M = 1 *: delta_mx 0 v :> 'rV[R]_(n + n').
  by rewrite scale1r row1.
move=> r; apply: (Scaled _ _ _ (r := r) (r' := r) rE _ rE).
  by rewrite mxE.
by move=> y; rewrite mxE !mul1r addr0.
Qed.

Lemma same_layer_ok pos m n g q (M : 'M[R]_(m, n)) k (s : segment R m q)
    (s' : segment R n q) (A : 'I_q -> F) :
    weights s *m M = weights s' -> weights s *m k + offset s = offset s' ->
  layer_ok pos (Relab (row_mx M (0 : 'M_(m, g))) k) s A s' A 0 0 0
           (no_ghosts F) (id_relab q) (id_relab q).
Proof.
move=> sM sk; split=> [|v]; last exact: id_unit_ok.
split; rewrite /= ?mul_mx_row ?mul_row_block ?mul_row_col.
  by rewrite sM !(mul1mx, mul0mx, mulmx0, addr0).
by rewrite sk mul1mx mul0mx !addr0.
Qed.

Lemma relabelled_id m p (N : net F m p) : relabelled false (id_relab m) N N.
Proof.
have idE n q (s : segment R n q) :
    (weights s *m 1%:M = weights s) * (weights s *m 0 + offset s = offset s).
  by rewrite mulmx1 mulmx0 add0r.
elim: N => {m p} [m p s A|m n p s A N IHN].
  by apply/ROutput/same_layer_ok; rewrite idE.
by apply: RHidden IHN => //; apply: same_layer_ok; rewrite idE.
Qed.

Lemma relabelled_reading l m g p (M : 'M[R]_(m, l)) k (N : net F m p) :
  relabelled false (Relab (row_mx M (0 : 'M_(m, g))) k) N (reading M k N).
Proof.
case: N M k => {m p} [m p s A|m n p s A N] M k /=.
  exact/ROutput/same_layer_ok.
by apply: RHidden (relabelled_id N) => //; apply: same_layer_ok.
Qed.

End Rows.

Section Examples.

Variables (R : realFieldType).

Section Families.

Variables (F : family R) (m n p : nat).

Theorem ghosts_go h (W : 'M[R]_(n, m)) (D : 'M_(h, m)) b c A (B : 'I_h -> F)
    (V : 'M_(p, n)) d C x :
  eval (Hidden (dense (col_mx W D) (col_mx b c)) (join A B)
          (Output (dense (row_mx V 0) d) C)) x =
  eval (Hidden (dense W b) A (Output (dense V d) C)) x.
Proof.
pose r1 : relab R (n + h) n h := Relab 1%:M 0.
have r1_ok : affine_ok (id_relab m) (dense (col_mx W D) (col_mx b c))
    (dense W b) D 0 c r1.
  split; rewrite !weights_dense ?offset_dense /=.
    by rewrite mul_col_row !mulmx1 !mulmx0 mul1mx.
  by rewrite mulmx0 add0r mul1mx addr0.
have ok2 : layer_ok false r1 (dense (row_mx V 0) d) C (dense V d) C
    (0 : 'M_(0, n)) 0 0 (no_ghosts F) (id_relab p) (id_relab p).
  split=> [|v]; last exact: id_unit_ok.
  split; rewrite !weights_dense ?offset_dense /=.
    by rewrite mulmx1 mul_row_block !mul1mx !mul0mx !addr0.
  by rewrite mulmx0 add0r mul_row_col mul1mx mul0mx !addr0.
apply: relabelled_sound x.
apply: RHidden (conj r1_ok _) _ (ROutput ok2) => // v.
exact: ghost_unit_ok.
Qed.

Theorem segments_go q (W : 'M[R]_(n, m)) b (V : 'M_(q, n)) d A
    (N : net F q p) x :
  eval (Hidden (Affine W b (dense V d)) A N) x =
  eval (Hidden (dense (V *m W) (V *m b + d)) A N) x.
Proof. by rewrite /= mulmxDr mulmxA addrA. Qed.

End Families.

(** Units that never switch behind ReLU (a = 0), LeakyReLU, Abs (a = -1) *)

Notation bent a := (fun=> (1, a) : slopes R).

Lemma bent_ge0 (a y : R) : 0 <= y -> activate ((1, a) : slopes R) y = y.
Proof. by move=> y_ge0; rewrite /= slope_ge0 ?mul1r. Qed.

Lemma positive_bent n a : a <= 0 -> positive (bent a : 'I_n -> _).
Proof.
move=> a_le0 _ y /=; have [y_ge0|/ltW y_le0] := leP 0 y.
  by rewrite slope_ge0 ?mul1r.
by rewrite slope_le0 // mulr_le0.
Qed.

Lemma positive_no_ghosts : positive (no_ghosts (slopes R)).
Proof. by move=> v; case: (notF (ltn_ord v)). Qed.

Lemma nonneg_cold m n q (V : 'M[R]_(n, m)) (W : 'M_(q, m)) d b v :
  nonneg (col_mx V W) (col_mx d b) (rshift n v) = nonneg W b v.
Proof.
by rewrite /nonneg col_mxEd; under eq_forallb do rewrite col_mxEd.
Qed.

Lemma nonneg_colu m n q (V : 'M[R]_(n, m)) (W : 'M_(q, m)) d b v :
  nonneg (col_mx V W) (col_mx d b) (lshift q v) = nonneg V d v.
Proof.
by rewrite /nonneg col_mxEu; under eq_forallb do rewrite col_mxEu.
Qed.

Lemma stable_layer_ok m m' n n' (M : 'M[R]_(m, m')) k (s : segment R m n)
    (s' : segment R m' n') M1 k1 a
    (up_j := up_block true (plain M k) s s' 0 0 0 (plain M1 k1)) :
    weights s *m M = M1 *m weights s' ->
    weights s *m k + offset s = M1 *m offset s' + k1 ->
    (forall v, (exists j, row v M1 = delta_mx 0 j /\ k1 v 0 = 0) \/
       up_unit true (plain M k) s v /\
       forall j, M1 v j != 0 -> up_j (lshift 0 j)) ->
  layer_ok true (plain M k) s (bent a) s' (bent a) 0 0 0 (no_ghosts _)
           (plain M1 k1) (plain M1 k1).
Proof.
move=> sM sk rows; split=> [|v]; first exact: affine_plain.
case: (rows v) => [[j [rE kE]]|[up_v up_jv]].
  rewrite -[delta_mx 0 j]scale1r in rE.
  by apply: (scaled_plain _ _ _ _ rE kE rE) => y; rewrite kE addr0 !mul1r.
apply: unchanged_plain => // [|j /up_jv up_jj]; first exact: bent_ge0.
by split=> //; exact: bent_ge0.
Qed.

Theorem stable_pass m n q p (W : 'M[R]_(n, m)) b (V : 'M_(q, n))
    (d : 'cV_q) (U : 'M_(p, q)) (e : 'cV_p) (C : 'I_p -> slopes R) x :
    (forall v u, 0 <= V v u) -> (forall v, 0 <= d v 0) ->
  eval (Hidden (dense W b) (bent 0)
       (Hidden (dense V d) (bent 0) (Output (dense U e) C))) x =
  eval (Hidden (dense W b) (bent 0)
       (Hidden (Done n) (bent 0)
          (Output (dense (U *m V) (U *m d + e)) C))) x.
Proof.
move=> V_ge0 d_ge0; apply: relabelled_sound x.
have ok1 : layer_ok false (id_relab m) (dense W b) (bent 0) (dense W b)
    (bent 0) 0 0 0 (no_ghosts _) (id_relab n) (id_relab n).
  by apply: same_layer_ok; rewrite ?mulmx1 ?mulmx0 ?add0r.
have ok2 : layer_ok true (id_relab n) (dense V d) (bent 0) (Done n) (bent 0)
    0 0 0 (no_ghosts _) (plain V d) (plain V d).
  apply: stable_layer_ok => [||v]; rewrite ?weights_dense ?offset_dense //.
  right; split=> [|j _].
    rewrite up_unit_plain /nonneg weights_dense offset_dense d_ge0 andbT.
    by apply/orP; left; apply/forallP.
  apply: up_column_row; rewrite /nonneg mxE lexx andbT.
  by apply/forallP=> u; rewrite mxE ler0n.
have ok3 : layer_ok false (plain V d) (dense U e) C
    (dense (U *m V) (U *m d + e)) C 0 0 0 (no_ghosts _) (id_relab p)
    (id_relab p).
  by apply: same_layer_ok; rewrite ?weights_dense ?offset_dense.
apply: RHidden ok1 _ (RHidden ok2 _ (ROutput ok3)) => // _.
by split; [exact: positive_bent.. | exact: positive_no_ghosts].
Qed.

Section Stable.

Variables (l m p : nat) (s : segment R l m) (A : 'I_m -> slopes R).
Hypothesis A_ge0 : positive A.

Lemma behind_positive (N : net (slopes R) m p) N' :
  relabelled true (id_relab m) N N' ->
  forall x, eval (Hidden s A N) x = eval (Hidden s A N') x.
Proof.
move=> NN'; apply: relabelled_sound; apply: RHidden NN'.
  by apply: same_layer_ok; rewrite ?mulmx1 ?mulmx0 ?add0r.
by split=> //; exact: positive_no_ghosts.
Qed.

Theorem stable_sums_go q n t (V : 'M_(q, m)) d (W : 'M_(n, m)) b
    (C : 'M_(t, n)) k a (N : net (slopes R) (q + n + t) p) x :
    (forall v, nonneg W b v) -> (forall v, nonneg (C *m W) (C *m b + k) v) ->
  eval (Hidden s A
       (Hidden (dense (col_mx (col_mx V W) (C *m W))
                      (col_mx (col_mx d b) (C *m b + k))) (bent a) N)) x =
  eval (Hidden s A
       (Hidden (dense (col_mx V W) (col_mx d b)) (bent a)
          (reading (col_mx 1%:M (row_mx 0 C)) (col_mx 0 k) N))) x.
Proof.
move=> W_ge0 CW_ge0; apply: behind_positive.
set M := col_mx _ (row_mx 0 C); set k1 := col_mx 0 k.
apply: RHidden (relabelled_reading 0 M k1 N) => //.
apply: stable_layer_ok => [||v].
- rewrite !weights_dense mulmx1 /M mul_col_mx mul1mx mul_row_col mul0mx.
  by rewrite add0r.
- rewrite !offset_dense mulmx0 add0r /M /k1 mul_col_mx add_col_mx mul1mx addr0.
  by rewrite mul_row_col mul0mx add0r.
case: (split_ordP v) => [j|i] ->; [left|right].
  by exists j; rewrite rowKu row1 /k1 col_mxEu mxE.
rewrite up_unit_plain weights_dense offset_dense nonneg_cold CW_ge0.
split=> // j; rewrite /M col_mxEd; case: (split_ordP j) => [j'|j'] -> Cj.
  by rewrite row_mxEl mxE eqxx in Cj.
by apply: up_column_row; rewrite weights_dense offset_dense nonneg_cold.
Qed.

Theorem stable_layers_go n n' q q' (W : 'M_(n, m)) b (M : 'M_(n', n)) k
    (V : 'M_(q, n')) d (C : 'M_(q', q)) e a (N : net (slopes R) (q + q') p) x
    (up := fun q (U : 'M_(q, n')) f v =>
       nonneg U f v || nonneg (U *m M) (U *m k + f) v) :
    a <= 0 ->
    (forall v, nonneg W b v) -> (forall v, nonneg (M *m W) (M *m b + k) v) ->
    (forall v, up _ V d v) -> (forall v, up _ (C *m V) (C *m d + e) v) ->
  eval (Hidden s A
       (Hidden (dense (M *m W) (M *m b + k)) (bent a)
       (Hidden (dense (col_mx V (C *m V)) (col_mx d (C *m d + e))) (bent a)
          N))) x =
  eval (Hidden s A
       (Hidden (dense W b) (bent a)
       (Hidden (dense (V *m M) (V *m k + d)) (bent a)
          (reading (col_mx 1%:M C) (col_mx 0 e) N)))) x.
Proof.
move=> a_le0 W_ge0 MW_ge0 V_up CV_up; apply: behind_positive.
set M1 := col_mx 1%:M C; set k1 := col_mx 0 e.
have up_s v : up_unit true (plain M k)
    (dense (col_mx V (C *m V)) (col_mx d (C *m d + e))) v.
  rewrite up_unit_plain weights_dense offset_dense !mul_col_mx add_col_mx.
  case: (split_ordP v) => i ->; first by rewrite !nonneg_colu; exact: V_up.
  by rewrite !nonneg_cold; exact: CV_up.
have rE j : row (lshift q' j) M1 = delta_mx 0 j by rewrite rowKu row1.
have kE (j : 'I_q) : k1 (lshift q' j) 0 = 0 by rewrite col_mxEu mxE.
have ok1 : layer_ok true (id_relab m) (dense (M *m W) (M *m b + k)) (bent a)
    (dense W b) (bent a) 0 0 0 (no_ghosts _) (plain M k) (plain M k).
  apply: stable_layer_ok => [||v]; rewrite ?weights_dense ?offset_dense.
  - by rewrite mulmx1.
  - by rewrite mulmx0 add0r.
  right; split=> [|j _].
    by rewrite up_unit_plain weights_dense offset_dense MW_ge0.
  by apply: up_column_row; rewrite weights_dense offset_dense.
apply: RHidden ok1 _ (RHidden _ _ (relabelled_reading 0 M1 k1 N)) => //.
  by split; [exact: positive_bent.. | exact: positive_no_ghosts].
apply: stable_layer_ok => [||v]; rewrite ?weights_dense ?offset_dense.
- by rewrite !mul_col_mx mul1mx mulmxA.
- rewrite !mul_col_mx !add_col_mx mul1mx addr0.
  by rewrite mulmxDr mulmxA addrA.
right; split=> // j _; apply: up_column_witness (up_s _) ltr01 _ (kE j).
by rewrite scale1r rE.
Qed.

Theorem switched_off_go q n (V : 'M_(q, m)) d (W : 'M_(n, m)) b
    (N : net (slopes R) (q + n) p) x :
    (forall v, nonpos W b v) ->
  eval (Hidden s A
       (Hidden (dense (col_mx V W) (col_mx d b)) (bent 0) N)) x =
  eval (Hidden s A
       (Hidden (dense V d) (bent 0) (reading (col_mx 1%:M 0) 0 N))) x.
Proof.
move=> W_le0; apply: behind_positive.
pose r1 : relab R (q + n) q n := Relab 1%:M 0.
have r1_ok : affine_ok (id_relab m) (dense (col_mx V W) (col_mx d b))
    (dense V d) W 0 b r1.
  split; rewrite !weights_dense ?offset_dense /=.
    by rewrite mul_col_row !mulmx1 !mulmx0 mul1mx.
  by rewrite mulmx0 add0r mul1mx addr0.
apply: RHidden (relabelled_reading n (col_mx 1%:M 0) 0 N) => //.
apply: (conj r1_ok) => v; case: (split_ordP v) => [j|i] ->.
  apply: (Scaled _ _ _ (j := lshift n j) (s := 1) (s' := 1)).
  - by rewrite scale1r row1.
  - by rewrite mxE.
  - by rewrite scale1r row_row_mx rowKu row1 row0 delta_mx_lshift.
  by move=> y; rewrite mxE !mul1r addr0 /join; case: split.
apply: Inactive.
- rewrite /down_unit weights_dense offset_dense; apply/orP; left.
  rewrite /nonpos col_mxEd; under eq_forallb do rewrite col_mxEd.
  exact: W_le0.
- by rewrite row_row_mx rowKd !row0 row_mx0.
- by rewrite mxE.
by move=> y y_le0; rewrite /= slope_le0 ?mul0r.
Qed.

End Stable.

Definition of_rows n m (r : seq (seq int)) : 'M[R]_(n, m) :=
  map_mx intr (\matrix_(v, u) nth 0 (nth [::] r v) u).

Lemma of_rows_ge0 n m r v u :
  all (all [pred i : int | 0 <= i]) r -> 0 <= of_rows n m r v u.
Proof.
move=> r_ge0; rewrite !mxE ler0z.
have [vr|rv] := ltnP v (size r); last first.
  by rewrite [nth [::] r v]nth_default ?nth_nil.
have /(all_nthP 0) := all_nthP [::] r_ge0 v vr.
have [ur /(_ u ur)|ur _] := ltnP u (size (nth [::] r v)); first by [].
by rewrite nth_default.
Qed.

Theorem third_goes x
    (W := of_rows 3 2 [:: [:: 1; 2%:Z]; [:: 3%:Z; 1]; [:: 5%:Z; 0]])
    (b := of_rows 3 1 [:: [:: 0]; [:: 1]; [:: 2%:Z]])
    (U := of_rows 1 3 [:: [:: 2%:Z; 1; 1]])
    (W' := of_rows 2 2 [:: [:: 1; 2%:Z]; [:: 3%:Z; 1]])
    (b' := of_rows 2 1 [:: [:: 0]; [:: 1]])
    (U' := of_rows 1 2 [:: [:: 1; 3%:Z]]) :
  eval (Hidden (Done 2) (bent 0)
       (Hidden (dense W b) (bent 0) (Output (dense U 0) (bent 1)))) x =
  eval (Hidden (Done 2) (bent 0)
       (Hidden (dense W' b') (bent 0) (Output (dense U' 0) (bent 1)))) x.
Proof.
pose M := of_rows 3 2 [:: [:: 1; 0]; [:: 0; 1]; [:: - 1; 2%:Z]].
have WE : W = M *m W'.
  rewrite -map_mxM; congr map_mx; apply/matrixP.
  by do 2![case=> [[|[|[|//]]] ?]]; rewrite !mxE !big_ord_recl big_ord0 !mxE.
have bE : b = M *m b'.
  rewrite -map_mxM; congr map_mx; apply/matrixP.
  by do 2![case=> [[|[|[|//]]] ?]]; rewrite !mxE !big_ord_recl big_ord0 !mxE.
have UE : U *m M = U'.
  rewrite -map_mxM; congr map_mx; apply/matrixP.
  by do 2![case=> [[|[|[|//]]] ?]]; rewrite !mxE !big_ord_recl big_ord0 !mxE.
have up n (r r' : seq (seq int)) v : all (all [pred i : int | 0 <= i]) r ->
    all (all [pred i : int | 0 <= i]) r' ->
  nonneg (of_rows n 2 r) (of_rows n 1 r') v.
  move=> r_ge0 r'_ge0; rewrite /nonneg of_rows_ge0 // andbT.
  by apply/forallP=> u; exact: of_rows_ge0.
have U_ok : layer_ok false (plain M 0) (dense U 0) (bent 1) (dense U' 0)
    (bent 1) 0 0 0 (no_ghosts _) (id_relab 1) (id_relab 1).
  by apply: same_layer_ok; rewrite ?weights_dense ?offset_dense ?mulmx0 ?addr0.
apply: behind_positive => [|{x}]; first exact: positive_bent.
apply: RHidden _ _ (ROutput U_ok) => //.
apply: stable_layer_ok => [||v]; rewrite ?weights_dense ?offset_dense.
- by rewrite mulmx1.
- by rewrite mulmx0 add0r addr0.
right; split=> [|j _].
  by rewrite up_unit_plain weights_dense offset_dense up.
by apply: up_column_row; rewrite weights_dense offset_dense up.
Qed.

End Examples.
