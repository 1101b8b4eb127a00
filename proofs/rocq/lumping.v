From mathcomp Require Import all_ssreflect all_algebra.
From lumpver Require Import network relabelling.

(******************************************************************************)
(* Proportional exact lumpings of networks (Definition 6* of the theory:      *)
(* class sums weighted by 1/rho, constants folded into the next bias), their  *)
(* quotients (Definition 7), and Theorem 1*: a network and its quotient have  *)
(* equal outputs on every input, whatever representatives are chosen.         *)
(*                                                                            *)
(*         lump R n == what becomes of the n units of a layer: blocks is how  *)
(*                  many blocks there are, cls v the block of unit v, or None *)
(*                  if v is a constant, rep i the representative of block i,  *)
(*                  and rho v the rho of the paper, positive                  *)
(*   together P v t == v and t are in one block                               *)
(*      id_lump n == every unit is a block, rho = 1, no constants             *)
(*    sigma P W v i == the weighted class sum of unit v over block i of the   *)
(*                  units before: W v u / rho u, for u in block i, added up   *)
(* folded P c W b v == the bias b v plus the constants W v u * c u of the     *)
(*                  units before                                              *)
(* lumpable_layer P c W b A Q == Definition 6* for one layer: P and c are the *)
(*                  blocks before and the values of constants, Q the layer's  *)
(*      lumping N == a lump for each hidden layer of N                        *)
(*   lumpable P c L == Definition 6* for the layers of N                      *)
(*   quotient P c L == the quotient of N, reading the blocks of P             *)
(*    is_lumping L == L is a lumpability* of N (the inputs: identity)         *)
(*   quotient_net L == the quotient of N by L                                 *)
(*      finer L M == each block of L lies in one block of M, the constants of *)
(*                  L among those of M; finer_layer, the same for one layer   *)
(* no_constants L == no unit is taken for a constant: Definition 6w, with     *)
(*                  weighted sums, constants not folded                       *)
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.Theory.

Local Open Scope ring_scope.

Section Lumping.

Variables (R : realFieldType) (F : family R).

Record lump n := Lump {
  blocks : nat;
  cls : 'I_n -> option 'I_blocks;
  rep : 'I_blocks -> 'I_n;
  rho : 'I_n -> R;
  repK : pcancel rep cls;
  rho_gt0 : forall v, 0 < rho v
}.

Arguments cls {n} P v : rename.
Arguments rep {n} P i : rename.
Arguments rho {n} P v : rename.

Definition together n (P : lump n) v t :=
  (cls P v != None) && (cls P v == cls P t).

Definition id_lump n : lump n :=
  @Lump n n Some id (fun=> 1) (fun=> erefl) (fun=> ltr01).

Section Layer.

Variables (m n : nat) (P : lump m) (c : 'I_m -> R).
Variables (W : 'M[R]_(n, m)) (b : 'cV[R]_n) (A : 'I_n -> F) (Q : lump n).

Definition sigma v i := \sum_(u | cls P u == Some i) W v u / rho P u.

Definition folded v := b v 0 + \sum_(u | cls P u == None) W v u * c u.

Definition constants v := activate (A v) (folded v).

Definition lumpable_layer :=
  (forall v, cls Q v = None -> forall i, sigma v i = 0) /\
  (forall v t, together Q v t ->
    [/\ A v = A t, homogeneous (A v) \/ rho Q v = rho Q t,
        rho Q v * folded v = rho Q t * folded t &
        forall i, rho Q v * sigma v i = rho Q t * sigma t i]).

Definition quotient_layer : segment R (blocks P) (blocks Q) :=
  dense (\matrix_(j, i) (rho P (rep P i) * sigma (rep Q j) i))
        (\col_j folded (rep Q j)).

End Layer.

Arguments sigma {m n} P W v i.

Fixpoint lumping m p (N : net F m p) : Type :=
  match N with
  | Output _ _ _ _ => unit
  | Hidden _ n _ _ _ N => lump n * lumping N
  end.

Fixpoint lumpable m p (N : net F m p) :
    forall P : lump m, ('I_m -> R) -> lumping N -> Prop :=
  match N with
  | Output _ _ _ _ => fun _ _ _ => True
  | Hidden _ _ _ s A N => fun P c L =>
      lumpable_layer P c (weights s) (offset s) A L.1 /\
      @lumpable _ _ N L.1 (constants P c (weights s) (offset s) A) L.2
  end.

Fixpoint quotient m p (N : net F m p) :
    forall P : lump m, ('I_m -> R) -> lumping N -> net F (blocks P) p :=
  match N with
  | Output _ p s A => fun P c _ =>
      Output (quotient_layer P c (weights s) (offset s) (id_lump p)) A
  | Hidden _ _ _ s A N => fun P c L =>
      Hidden (quotient_layer P c (weights s) (offset s) L.1) (A \o rep L.1)
        (@quotient _ _ N L.1 (constants P c (weights s) (offset s) A) L.2)
  end.

Definition is_lumping m p (N : net F m p) (L : lumping N) :=
  lumpable (id_lump m) (fun=> 0) L.

Definition quotient_net m p (N : net F m p) (L : lumping N) : net F m p :=
  quotient (id_lump m) (fun=> 0) L.

(** The order on lumpings *)

Definition finer_layer n (P Q : lump n) :=
  (forall v, cls P v = None -> cls Q v = None) /\
  (forall v t, cls P v = cls P t -> cls Q v = cls Q t).

Fixpoint finer m p (N : net F m p) : lumping N -> lumping N -> Prop :=
  match N with
  | Output _ _ _ _ => fun _ _ => True
  | Hidden _ _ _ _ _ N => fun L M =>
      finer_layer L.1 M.1 /\ @finer _ _ N L.2 M.2
  end.

Fixpoint no_constants m p (N : net F m p) : lumping N -> Prop :=
  match N with
  | Output _ _ _ _ => fun _ => True
  | Hidden _ _ _ _ _ N => fun L =>
      (forall v, cls L.1 v != None) /\ @no_constants _ _ N L.2
  end.

(** The relabelling of a lumping, and Theorem 1* *)

Lemma rho_neq0 n (P : lump n) v : rho P v != 0.
Proof. by rewrite gt_eqF ?rho_gt0. Qed.

Section LumpRelab.

Variables (n : nat) (P : lump n).

Definition lump_matrix : 'M[R]_(n, blocks P) := \matrix_(v, i)
  if cls P v == Some i then rho P (rep P i) / rho P v else 0.

Definition lump_constant (c : 'I_n -> R) : 'cV[R]_n :=
  \col_v if cls P v == None then c v else 0.

Definition lump_relab c := plain lump_matrix (lump_constant c).

Lemma row_constant v : cls P v = None -> row v lump_matrix = 0.
Proof. by move=> vN; apply/rowP=> i; rewrite !mxE vN. Qed.

Lemma row_block v i : cls P v = Some i ->
  row v lump_matrix = (rho P (rep P i) / rho P v) *: delta_mx 0 i.
Proof.
move=> vi; apply/rowP=> j; rewrite !mxE vi (inj_eq Some_inj) [j == i]eq_sym.
by case: eqP => [<-|]; rewrite ?mulr1 ?mulr0.
Qed.

Lemma together_rep v i : cls P v = Some i -> together P v (rep P i).
Proof. by rewrite /together repK => ->; rewrite eqxx. Qed.

End LumpRelab.

Lemma lump_relab_id n c : lump_relab (id_lump n) c = id_relab n.
Proof.
congr plain; last by apply/colP=> v; rewrite !mxE.
apply/matrixP=> v i; rewrite !mxE /= divr1 (inj_eq Some_inj).
by case: eqVneq.
Qed.

Lemma lumpable_id m n (P : lump m) c (W : 'M_(n, m)) b A :
  lumpable_layer P c W b A (id_lump n).
Proof. by split=> // v t /andP[_ /eqP[->]]; split=> //; right. Qed.

Section QuotientLayer.

Variables (m n : nat) (P : lump m) (c : 'I_m -> R).
Variables (W : 'M[R]_(n, m)) (b : 'cV[R]_n) (A : 'I_n -> F) (Q : lump n).
Hypothesis Q_ok : lumpable_layer P c W b A Q.

Lemma mul_lump v i :
  (W *m lump_matrix P) v i = rho P (rep P i) * sigma P W v i.
Proof.
rewrite mxE /sigma mulr_sumr [RHS]big_mkcond; apply: eq_bigr => u _ /=.
by rewrite mxE; case: eqP => _; rewrite ?mulr0 // mulrCA.
Qed.

Lemma add_lump v :
  (W *m lump_constant P c + b) v 0 = folded P c W b v.
Proof.
rewrite 2!mxE addrC /folded [in RHS]big_mkcond; congr (_ + _).
by apply: eq_bigr => u _ /=; rewrite mxE; case: eqP => _; rewrite ?mulr0.
Qed.

Lemma mul_lump_row l (M : 'M[R]_(blocks Q, l)) v j :
  (lump_matrix Q *m M) v j =
  if cls Q v is Some i then rho Q (rep Q i) / rho Q v * M i j else 0.
Proof.
rewrite (_ : _ v j = (row v (lump_matrix Q) *m M) 0 j); last first.
  by rewrite -row_mul [RHS]mxE.
case Qv: (cls Q v) => [i|]; last by rewrite row_constant // mul0mx mxE.
by rewrite (row_block Qv) -scalemxAl -rowE !mxE.
Qed.

Lemma ratio v i x y : cls Q v = Some i ->
  rho Q v * x = rho Q (rep Q i) * y -> x = rho Q (rep Q i) / rho Q v * y.
Proof.
move=> vi xy; apply: (mulfI (rho_neq0 Q v)); rewrite xy mulrA; congr (_ * _).
by rewrite mulrC mulfVK // rho_neq0.
Qed.

Lemma lump_affine_weights :
  W *m lump_matrix P = lump_matrix Q *m
    \matrix_(j, i) (rho P (rep P i) * sigma P W (rep Q j) i).
Proof.
case: Q_ok => Wc Wb; apply/matrixP=> v i; rewrite mul_lump mul_lump_row.
case Qv: (cls Q v) => [j|]; last by rewrite Wc // mulr0.
rewrite mxE mulrCA; congr (_ * _); apply: (ratio Qv).
by have [_ _ _ ->] := Wb _ _ (together_rep Qv).
Qed.

Lemma lump_affine_offset :
  W *m lump_constant P c + b =
  lump_matrix Q *m (\col_j folded P c W b (rep Q j)) +
  lump_constant Q (folded P c W b).
Proof.
case: Q_ok => Wc Wb; apply/colP=> v; rewrite add_lump [RHS]mxE mul_lump_row.
rewrite [in RHS]mxE; case Qv: (cls Q v) => [j|] /=; last by rewrite add0r.
rewrite mxE addr0; apply: (ratio Qv).
by have [_ _ ->] := Wb _ _ (together_rep Qv).
Qed.

Lemma lump_unit up dn up' (B : 'I_0 -> F) v :
  unit_ok up dn up' A (join (A \o rep Q) B) (lump_relab Q (folded P c W b))
    (lump_relab Q (constants P c W b A)) v.
Proof.
case: Q_ok => _ Wb; case Qv: (cls Q v) => [j|]; last first.
  by apply: constant_plain; rewrite ?row_constant // !mxE Qv.
apply: (scaled_plain _ _ _ _ (row_block Qv) _ (row_block Qv)).
  by rewrite mxE Qv.
move=> y; rewrite mxE Qv addr0 /=.
have [Avt Ahom _ _] := Wb _ _ (together_rep Qv); rewrite -Avt.
case: Ahom => [Ahom|<-]; last by rewrite divff ?rho_neq0 // !mul1r.
by apply: homogeneousP Ahom _ _; rewrite divr_gt0 ?rho_gt0.
Qed.

End QuotientLayer.

Lemma quotient_layer_ok m n (P : lump m) c (s : segment R m n) A (Q : lump n)
    (B : 'I_0 -> F) (W := weights s) (b := offset s) :
    lumpable_layer P c W b A Q ->
  layer_ok false (lump_relab P c) s A (quotient_layer P c W b Q) (A \o rep Q)
    0 0 0 B (lump_relab Q (folded P c W b))
    (lump_relab Q (constants P c W b A)).
Proof.
move=> Q_ok; split; last by move=> v; apply: lump_unit Q_ok _ _ _ _ _.
apply: affine_plain; rewrite ?weights_dense ?offset_dense.
  exact: lump_affine_weights Q_ok.
exact: lump_affine_offset Q_ok.
Qed.

Lemma quotient_relabelled m p (N : net F m p) P c (L : lumping N) :
  lumpable P c L -> relabelled false (lump_relab P c) N (quotient P c L).
Proof.
elim: N P c L => {m p} [m p s A|m n p s A N IHN] P c L /=.
  move=> _; have ok := lumpable_id P c (weights s) (offset s) A.
  have /= := quotient_layer_ok (no_ghosts F) ok.
  by rewrite (lump_relab_id (constants _ _ _ _ _)); apply: ROutput.
case=> Q_ok /IHN N_ok; have ok := quotient_layer_ok (no_ghosts F) Q_ok.
by apply: RHidden ok _ N_ok.
Qed.

Theorem quotient_eval m p (N : net F m p) (L : lumping N) :
  is_lumping L -> forall x, eval N x = eval (quotient_net L) x.
Proof.
move=> /quotient_relabelled; rewrite lump_relab_id; exact: relabelled_sound.
Qed.

End Lumping.

Arguments cls {R n} P v : rename.
Arguments rep {R n} P i : rename.
Arguments rho {R n} P v : rename.
Arguments id_lump {R} n.
Arguments sigma {R m n} P W v i.
