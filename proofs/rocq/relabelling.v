From mathcomp Require Import all_ssreflect all_algebra.
From lumpver Require Import network.

(******************************************************************************)
(* The relabelling t = M t' + k, what a tensor t of a network is in terms of  *)
(* its counterpart t' in another network, and its soundness: networks that    *)
(* are related by relabellings, with the identity at inputs and outputs, have *)
(* equal outputs on every input.                                              *)
(*                                                                            *)
(*  relab n n' g == relabellings of n units by n' units and g ghosts, which   *)
(*                  are units that the other network no longer has: M, one    *)
(*                  row for each of the n units, any matrix, and k            *)
(*     plain M k == the relabelling without ghosts                            *)
(*      id_relab == M = 1, k = 0, no ghosts                                   *)
(*  describes r y x == x = M y + k, where y is t' followed by the ghosts      *)
(* affine_ok r s s' D E c r1 == the segment s turns units described by r into *)
(*                  units described by r1, where s' makes the counterpart and *)
(*                  the ghosts are D t' + E z + c (z the ghosts before):      *)
(*                    W M = M1 (W' 0; D E)  and  W k + b = M1 (b'; c) + k1    *)
(*       join A' B == the activations A' of units and B of ghosts             *)
(*     no_ghosts F == the activations of no ghosts                            *)
(* unit_ok up dn up' A A' r r' v == what activations A make of unit v follows *)
(*                  from r, and is row v of r'; up and dn are units known to  *)
(*                  be >= 0 and <= 0, up' the same of units and ghosts of t'  *)
(*   nonneg W b v == row v of W and b is >= 0; nonpos W b v, <= 0             *)
(* up_unit pos r s v == unit v of the segment s is >= 0: its row is, or the   *)
(*                  row in terms of the counterpart, of W M and W k + b       *)
(* down_unit pos r s v == unit v is <= 0, likewise                            *)
(* witness pos r s r1 j v == unit v is >= 0 and a positive multiple of the    *)
(*                  counterpart's unit, or ghost, j, without a constant       *)
(* up_block pos r s s' D E c r1 j == the counterpart's unit, or ghost, j is   *)
(*                  >= 0: its row is, or there is a witness                   *)
(* relabelled pos r N N' == N and N' are related from the inputs related by r *)
(*                  on, to equal outputs; pos: all inputs and ghosts are >= 0 *)
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.Theory.

Local Open Scope ring_scope.

Section Relabelling.

Variables (R : realFieldType) (F : family R).

Record relab n n' g :=
  Relab { matrix_of : 'M[R]_(n, n' + g); constant_of : 'cV[R]_n }.

Definition plain n n' M k : relab n n' 0 := Relab (row_mx M 0) k.

Definition id_relab n : relab n n 0 := plain 1%:M 0.

Definition describes n n' g (r : relab n n' g) y x :=
  x = matrix_of r *m y + constant_of r.

Lemma describes_id n (x x' : 'cV[R]_n) z :
  describes (id_relab n) (col_mx x' z) x <-> x = x'.
Proof.
by rewrite /describes /= mul_row_col mul1mx mul0mx !addr0.
Qed.

(** Affine segments *)

Definition affine_ok m m' g n n' h (r : relab m m' g)
    (s : segment R m n) (s' : segment R m' n')
    (D : 'M_(h, m')) (E : 'M_(h, g)) (c : 'cV_h) (r1 : relab n n' h) :=
  weights s *m matrix_of r = matrix_of r1 *m block_mx (weights s') 0 D E /\
  weights s *m constant_of r + offset s =
    matrix_of r1 *m col_mx (offset s') c + constant_of r1.

Lemma affine_sound m m' g n n' h r s s' D E c r1 x' z x :
  @affine_ok m m' g n n' h r s s' D E c r1 -> describes r (col_mx x' z) x ->
  describes r1 (col_mx (run s' x') (D *m x' + E *m z + c)) (run s x).
Proof.
move=> [Wok bok] ->; rewrite /describes runE mulmxDr mulmxA Wok -addrA bok.
rewrite addrA -mulmxA -mulmxDr mul_block_col mul0mx addr0 add_col_mx.
by rewrite -runE.
Qed.

(** Activations *)

Lemma mulmx_row n m (M : 'M[R]_(n, m)) (x : 'cV_m) v :
  (M *m x) v 0 = (row v M *m x) 0 0.
Proof. by rewrite -row_mul [RHS]mxE. Qed.

Definition join n' g (A' : 'I_n' -> F) (B : 'I_g -> F) j :=
  match split j with inl v => A' v | inr w => B w end.

Lemma fire_join n' g (A' : 'I_n' -> F) (B : 'I_g -> F) x z :
  fire (join A' B) (col_mx x z) = col_mx (fire A' x) (fire B z).
Proof.
apply/colP=> j; rewrite mxE /join -[j in RHS]splitK.
by case: split_ordP => v -> /=; rewrite ?col_mxEu ?col_mxEd !mxE.
Qed.

Section Units.

Variables (n n' g : nat) (up dn : pred 'I_n) (up' : pred 'I_(n' + g)).
Variables (A : 'I_n -> F) (A' : 'I_(n' + g) -> F) (r r' : relab n n' g).

Definition transparent (known : bool) (a : F) :=
  forall y, known ==> (0 <= y) -> activate a y = y.

Variant unit_ok v : Prop :=
| Scaled j s s' of
    row v (matrix_of r) = s *: delta_mx 0 j & constant_of r v 0 = 0 &
    row v (matrix_of r') = s' *: delta_mx 0 j &
    forall y, activate (A v) (s * y) =
              s' * activate (A' j) y + constant_of r' v 0
| Constant of
    row v (matrix_of r) = 0 & row v (matrix_of r') = 0 &
    constant_of r' v 0 = activate (A v) (constant_of r v 0)
| Unchanged of
    row v (matrix_of r') = row v (matrix_of r) &
    constant_of r' v 0 = constant_of r v 0 &
    transparent (up v) (A v) &
    forall j, matrix_of r v j != 0 -> transparent (up' j) (A' j)
| Inactive of
    dn v & row v (matrix_of r') = 0 & constant_of r' v 0 = 0 &
    forall y, y <= 0 -> activate (A v) y = 0.

Lemma unit_sound x y : describes r y x -> (forall v, unit_ok v) ->
    (forall v, up v -> 0 <= x v 0) -> (forall v, dn v -> x v 0 <= 0) ->
    (forall j, up' j -> 0 <= y j 0) ->
  describes r' (fire A' y) (fire A x).
Proof.
move=> xE Aok upP dnP up'P; apply/colP=> v; rewrite fireE [in RHS]mxE.
have xvE : x v 0 = (row v (matrix_of r) *m y) 0 0 + constant_of r v 0.
  by rewrite xE mxE -mulmx_row.
rewrite mulmx_row.
case: (Aok v) => [j s s' rE kE r'E AE|rE r'E ->|r'E -> Av A'j|].
- by rewrite xvE rE kE r'E addr0 -!scalemxAl -!rowE !mxE AE.
- by rewrite r'E mul0mx mxE add0r xvE rE mul0mx mxE add0r.
- rewrite r'E Av; last by apply/implyP/upP.
  rewrite xvE; congr (_ + _); rewrite !mxE; apply: eq_bigr => j _.
  rewrite !mxE; have [->|rvj] := eqVneq (matrix_of r v j) 0.
    by rewrite !mul0r.
  by rewrite A'j //; apply/implyP/up'P.
by move=> dnv r'E -> Av; rewrite r'E mul0mx mxE addr0 Av ?dnP.
Qed.

End Units.

(** Units of known sign *)

Definition nonneg n m (W : 'M[R]_(n, m)) (b : 'cV[R]_n) v :=
  [forall u, 0 <= W v u] && (0 <= b v 0).

Definition nonpos n m (W : 'M[R]_(n, m)) (b : 'cV[R]_n) v :=
  [forall u, W v u <= 0] && (b v 0 <= 0).

Definition ge0 n (x : 'cV[R]_n) := forall v, 0 <= x v 0.

Lemma nonneg_ge0 n m (W : 'M[R]_(n, m)) b x v :
  ge0 x -> nonneg W b v -> 0 <= (W *m x + b) v 0.
Proof.
move=> x_ge0 /andP[/forallP W_ge0 b_ge0]; rewrite !mxE addr_ge0 //.
by apply: sumr_ge0 => u _; rewrite mulr_ge0.
Qed.

Lemma nonpos_le0 n m (W : 'M[R]_(n, m)) b x v :
  ge0 x -> nonpos W b v -> (W *m x + b) v 0 <= 0.
Proof.
move=> x_ge0 /andP[/forallP W_le0 b_le0]; rewrite !mxE -oppr_ge0 opprD -sumrN.
rewrite addr_ge0 ?oppr_ge0 //; apply: sumr_ge0 => u _.
by rewrite -mulNr mulr_ge0 // oppr_ge0.
Qed.

Definition positive n (A : 'I_n -> F) := forall v y, 0 <= activate (A v) y.

Lemma positive_ge0 n (A : 'I_n -> F) x : positive A -> ge0 (fire A x).
Proof. by move=> A_ge0 v; rewrite fireE. Qed.

Section Signs.

Variables (pos : bool) (m m' g n n' h : nat) (r : relab m m' g).
Variables (s : segment R m n) (s' : segment R m' n').
Variables (D : 'M[R]_(h, m')) (E : 'M[R]_(h, g)) (c : 'cV[R]_h).
Variable (r1 : relab n n' h).

Definition up_unit v := pos &&
  (nonneg (weights s) (offset s) v ||
   nonneg (weights s *m matrix_of r)
          (weights s *m constant_of r + offset s) v).

Definition down_unit v := pos &&
  (nonpos (weights s) (offset s) v ||
   nonpos (weights s *m matrix_of r)
          (weights s *m constant_of r + offset s) v).

Definition witness j v :=
  [&& up_unit v, 0 < matrix_of r1 v j,
      row v (matrix_of r1) == matrix_of r1 v j *: delta_mx 0 j &
      constant_of r1 v 0 == 0].

Definition up_block j :=
  pos && nonneg (block_mx (weights s') 0 D E) (col_mx (offset s') c) j ||
  [exists v, witness j v].

Variables (x' : 'cV[R]_m') (z : 'cV[R]_g) (x : 'cV[R]_m).
Hypothesis posP : pos -> ge0 x /\ ge0 (col_mx x' z).
Hypothesis xE : describes r (col_mx x' z) x.

Lemma run_described :
  run s x = weights s *m matrix_of r *m col_mx x' z +
            (weights s *m constant_of r + offset s).
Proof. by rewrite xE runE mulmxDr mulmxA addrA. Qed.

Lemma up_unit_ge0 v : up_unit v -> 0 <= run s x v 0.
Proof.
case/andP=> /posP[x_ge0 y_ge0] /orP[].
  by move=> /(nonneg_ge0 x_ge0); rewrite runE.
by move=> /(nonneg_ge0 y_ge0); rewrite run_described.
Qed.

Lemma down_unit_le0 v : down_unit v -> run s x v 0 <= 0.
Proof.
case/andP=> /posP[x_ge0 y_ge0] /orP[].
  by move=> /(nonpos_le0 x_ge0); rewrite runE.
by move=> /(nonpos_le0 y_ge0); rewrite run_described.
Qed.

Lemma witness_ge0 (y : 'cV[R]_(n' + h)) j v :
  describes r1 y (run s x) -> witness j v -> 0 <= y j 0.
Proof.
move=> yE /and4P[/up_unit_ge0 + r1vj /eqP rE /eqP kE].
rewrite yE mxE kE addr0 (_ : (_ *m y) v 0 = matrix_of r1 v j * y j 0).
  by rewrite pmulr_rge0.
by rewrite mulmx_row rE -scalemxAl -rowE !mxE.
Qed.

Lemma up_block_ge0 j : affine_ok r s s' D E c r1 -> up_block j ->
  0 <= col_mx (run s' x') (D *m x' + E *m z + c) j 0.
Proof.
move=> sok /orP[|/existsP[v]]; last exact: witness_ge0 (affine_sound sok xE).
case/andP=> /posP[_ y_ge0] /(nonneg_ge0 y_ge0).
by rewrite mul_block_col mul0mx addr0 add_col_mx -runE.
Qed.

End Signs.

(** Layers and networks *)

Definition layer_ok pos m m' g n n' h (r : relab m m' g)
    s (A : 'I_n -> F) s' (A' : 'I_n' -> F) (D : 'M_(h, m')) E c B r1
    (r' : relab n n' h) :=
  affine_ok r s s' D E c r1 /\
  forall v, unit_ok (up_unit pos r s) (down_unit pos r s)
                    (up_block pos r s s' D E c r1) A (join A' B) r1 r' v.

Inductive relabelled p :
  forall m m' g, bool -> relab m m' g -> net F m p -> net F m' p -> Prop :=
| ROutput pos m m' g (r : relab m m' g) s A s' A' D E c B r1 of
    layer_ok pos r s A s' A' D E c B r1 (id_relab p) :
    relabelled pos r (Output s A) (Output s' A')
| RHidden (pos pos' : bool) m m' g n n' h (r : relab m m' g)
    s (A : 'I_n -> F) N s' (A' : 'I_n' -> F) N'
    D E c (B : 'I_h -> F) r1 r' of
    layer_ok pos r s A s' A' D E c B r1 r' &
    (pos' -> [/\ positive A, positive A' & positive B]) &
    relabelled pos' r' N N' :
    relabelled pos r (Hidden s A N) (Hidden s' A' N').

Lemma layer_sound pos m m' g n n' h r s A s' A' D E c B r1 r' x' z x :
  @layer_ok pos m m' g n n' h r s A s' A' D E c B r1 r' ->
    (pos -> ge0 x /\ ge0 (col_mx x' z)) -> describes r (col_mx x' z) x ->
  describes r' (col_mx (fire A' (run s' x')) (fire B (D *m x' + E *m z + c)))
               (fire A (run s x)).
Proof.
move=> [sok Aok] posP xE; rewrite -fire_join.
apply: (unit_sound (affine_sound sok xE) Aok) => [v|v|j].
- exact: up_unit_ge0 posP xE v.
- exact: down_unit_le0 posP xE v.
exact: up_block_ge0 posP xE j sok.
Qed.

Theorem relabelled_eval p m m' g pos (r : relab m m' g) (N : net F m p) N' :
    relabelled pos r N N' ->
  forall x' z x, (pos -> ge0 x /\ ge0 (col_mx x' z)) ->
    describes r (col_mx x' z) x -> eval N x = eval N' x'.
Proof.
elim=> {m m' g pos r N N'} /=.
  move=> pos m m' g r s A s' A' D E c B r1 ok x' z x posP xE.
  by have /describes_id := layer_sound ok posP xE.
move=> pos pos' m m' g n n' h r s A N s' A' N' D E c B r1 r' ok pos'P _ IHN.
move=> x' z x posP xE; apply: IHN (layer_sound ok posP xE).
move=> /pos'P[A_ge0 A'_ge0 B_ge0]; rewrite -fire_join.
split; first exact: positive_ge0.
apply: positive_ge0 => j y; rewrite /join; case: split => [v|w].
  exact: A'_ge0.
exact: B_ge0.
Qed.

Theorem relabelled_sound m p (N N' : net F m p) :
  relabelled false (id_relab m) N N' -> forall x, eval N x = eval N' x.
Proof.
move=> NN' x; apply: (relabelled_eval NN' (z := 0)) => //.
exact/describes_id.
Qed.

(** Without ghosts *)

Definition no_ghosts (i : 'I_0) : F := False_rect F (notF (ltn_ord i)).

Section Plain.

Variables (n n' : nat).
Implicit Types (M : 'M[R]_(n, n')) (k : 'cV[R]_n).

Lemma row_plain M k v :
  row v (matrix_of (plain M k)) = row_mx (row v M) (0 : 'rV_0).
Proof. by rewrite /= row_row_mx row0. Qed.

Lemma affine_plain m m' (M : 'M_(m, m')) (k : 'cV_m)
    (s : segment R m n) (s' : segment R m' n') M1 k1 :
    weights s *m M = M1 *m weights s' ->
    weights s *m k + offset s = M1 *m offset s' + k1 ->
  affine_ok (plain M k) s s' (0 : 'M_(0, _)) 0 0 (plain M1 k1).
Proof.
move=> Wok bok; split => /=; last by rewrite mul_row_col mul0mx addr0.
by rewrite mul_mx_row mul_row_block !mul0mx !mulmx0 !addr0 Wok.
Qed.

Variables (up dn : pred 'I_n) (up' : pred 'I_(n' + 0)).
Variables (A : 'I_n -> F) (A' : 'I_n' -> F) (B : 'I_0 -> F).

Lemma scaled_plain M k M1 k1 v j s s' :
    row v M = s *: delta_mx 0 j -> k v 0 = 0 ->
    row v M1 = s' *: delta_mx 0 j ->
    (forall y, activate (A v) (s * y) = s' * activate (A' j) y + k1 v 0) ->
  unit_ok up dn up' A (join A' B) (plain M k) (plain M1 k1) v.
Proof.
have rowE a : row_mx (a *: delta_mx 0 j) 0 =
              a *: delta_mx 0 (lshift 0 j) :> 'rV[R]_(n' + 0).
  by rewrite delta_mx_lshift scale_row_mx scaler0.
move=> ME kE M1E Av.
apply: (Scaled _ _ _ (j := lshift 0 j) (s := s) (s' := s')) => //.
- by rewrite row_plain ME rowE.
- by rewrite row_plain M1E rowE.
by move=> y; rewrite Av /join (unsplitK (inl j)).
Qed.

Lemma constant_plain M k M1 k1 v :
    row v M = 0 -> row v M1 = 0 -> k1 v 0 = activate (A v) (k v 0) ->
  unit_ok up dn up' A (join A' B) (plain M k) (plain M1 k1) v.
Proof.
by move=> ME M1E k1E; apply: Constant; rewrite ?row_plain ?ME ?M1E ?row_mx0.
Qed.

End Plain.

End Relabelling.

Arguments id_relab {R} n.
Arguments no_ghosts {R} F i.
