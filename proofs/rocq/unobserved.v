From mathcomp Require Import all_ssreflect all_algebra.
From lumpver Require Import network relabelling.

(******************************************************************************)
(* Removal of unobserved units: if no unit that is kept reads a unit that is  *)
(* dropped, the network without the dropped units has equal outputs on every  *)
(* input.  It is the relabelling of the small network by the large one that   *)
(* picks the kept units.                                                      *)
(*                                                                            *)
(*       keeping N == a set of units to keep for each hidden layer of N       *)
(*     closed K L == the kept units of N read kept units only, K the kept     *)
(*                  inputs and L : keeping N                                  *)
(*   restrict K L == the network of the kept units                            *)
(*     observed N == the units found by one backward sweep: those that        *)
(*                  an output or a kept unit reads with a weight not 0        *)
(*  includes L L' == L' keeps only units that L keeps                         *)
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.Theory.

Local Open Scope ring_scope.

Section Unobserved.

Variables (R : realFieldType) (F : family R).

Fixpoint keeping m p (N : net F m p) : Type :=
  match N with
  | Output _ _ _ _ => unit
  | Hidden _ n _ _ _ N => {set 'I_n} * keeping N
  end.

Definition closed_layer m n (K : {set 'I_m}) (W : 'M[R]_(n, m))
    (L : {set 'I_n}) :=
  forall v u, v \in L -> u \notin K -> W v u = 0.

Fixpoint closed m p (N : net F m p) : {set 'I_m} -> keeping N -> Prop :=
  match N with
  | Output _ _ s _ => fun K _ => closed_layer K (weights s) setT
  | Hidden _ _ _ s _ N => fun K L =>
      closed_layer K (weights s) L.1 /\ @closed _ _ N L.1 L.2
  end.

Definition pick_units n (K : {set 'I_n}) (i : 'I_#|K|) : 'I_n := enum_val i.

Definition selection n k (f : 'I_k -> 'I_n) : 'M[R]_(k, n) :=
  \matrix_(i, u) (u == f i)%:R.

Definition restrict_layer m n j k (f : 'I_j -> 'I_m) (g : 'I_k -> 'I_n)
    (s : segment R m n) : segment R j k :=
  dense (\matrix_(i, l) weights s (g i) (f l)) (\col_i offset s (g i) 0).

Fixpoint restrict_from m p (N : net F m p) :
    forall j, ('I_j -> 'I_m) -> keeping N -> net F j p :=
  match N with
  | Output _ _ s A => fun _ f _ => Output (restrict_layer f id s) A
  | Hidden _ _ _ s A N => fun _ f L =>
      let g := @pick_units _ L.1 in
      Hidden (restrict_layer f g s) (A \o g) (@restrict_from _ _ N _ g L.2)
  end.

Definition restrict m p (N : net F m p) (L : keeping N) : net F m p :=
  restrict_from id L.

Lemma mul_selection n k l (f : 'I_k -> 'I_n) (M : 'M[R]_(n, l)) i j :
  (selection f *m M) i j = M (f i) j.
Proof.
rewrite mxE (bigD1 (f i)) //= mxE eqxx mul1r big1 ?addr0 // => u u_neq.
by rewrite mxE (negPf u_neq) mul0r.
Qed.

Lemma mulmx_selection n k l (f : 'I_k -> 'I_n) (M : 'M[R]_(l, k)) v u :
    injective f ->
  (M *m selection f) v u = \sum_(i | f i == u) M v i.
Proof.
move=> f_inj; rewrite mxE [RHS]big_mkcond; apply: eq_bigr => i _.
by rewrite mxE eq_sym; case: eqP; rewrite ?mulr1 ?mulr0.
Qed.

Lemma row_selection n k (f : 'I_k -> 'I_n) i :
  row i (selection f) = 1 *: delta_mx 0 (f i).
Proof. by apply/rowP=> u; rewrite !mxE mul1r. Qed.

Lemma restrict_layer_ok m n j k (K : {set 'I_m}) (L : {set 'I_n})
    (f : 'I_j -> 'I_m) (g : 'I_k -> 'I_n) (s : segment R m n)
    (A : 'I_n -> F) (B : 'I_0 -> F) :
    injective f -> (forall u, u \in K -> exists l, f l = u) ->
    (forall i, g i \in L) -> closed_layer K (weights s) L ->
  layer_ok false (plain (selection f) 0) (restrict_layer f g s) (A \o g) s A
    0 0 0 B (plain (selection g) 0) (plain (selection g) 0).
Proof.
move=> f_inj fK gL KL; split.
  apply: affine_plain; rewrite ?weights_dense ?offset_dense; last first.
    by rewrite mulmx0 add0r addr0; apply/colP=> i; rewrite mxE mul_selection.
  apply/matrixP=> i u; rewrite mul_selection mulmx_selection //.
  have [/fK[l <-]|u_out] := boolP (u \in K).
    by rewrite (big_pred1 l) ?mxE // => l'; apply: inj_eq.
  rewrite (KL (g i) u) // big1 // => l /eqP fl.
  by rewrite mxE fl KL.
move=> i; have gi := row_selection g i.
apply: (scaled_plain _ _ _ _ gi _ gi).
  by rewrite mxE.
by move=> y; rewrite !mul1r mxE addr0.
Qed.

Lemma restrict_relabelled m p (N : net F m p) (K : {set 'I_m}) (L : keeping N) j
    (f : 'I_j -> 'I_m) (B : 'I_0 -> F) :
    injective f -> (forall u, u \in K -> exists l, f l = u) -> closed K L ->
  relabelled false (plain (selection f) 0) (restrict_from f L) N.
Proof.
elim: N K L j f => {m p} [m p s A|m n p s A N IHN] K L j f f_inj fK /=.
  move=> KL; have idT (i : 'I_p) : id i \in [set: 'I_p] by rewrite inE.
  have := restrict_layer_ok A B f_inj fK idT KL.
  rewrite (_ : selection (id : 'I_p -> 'I_p) = 1%:M); first exact: ROutput.
  by apply/matrixP=> i u; rewrite !mxE eq_sym.
case=> KL N_ok; set g := @pick_units _ L.1.
have gL i : g i \in L.1 by exact: enum_valP.
have Lg u : u \in L.1 -> exists i, g i = u.
  by move=> uL; exists (enum_rank_in uL u); exact: enum_rankK_in.
have rest := IHN _ _ _ _ (@enum_val_inj _ _ : injective g) Lg N_ok.
by apply: RHidden (restrict_layer_ok A B f_inj fK gL KL) _ rest.
Qed.

Theorem restrict_eval m p (N : net F m p) (L : keeping N) :
  closed setT L -> forall x, eval (restrict L) x = eval N x.
Proof.
move=> L_ok; apply: relabelled_sound.
have := restrict_relabelled (f := id) (no_ghosts F) (@inj_id _) _ L_ok.
rewrite (_ : selection _ = 1%:M); last first.
  by apply/matrixP=> i u; rewrite !mxE eq_sym.
by apply=> u _; exists u.
Qed.

(** The backward sweep *)

Definition readers m n (W : 'M[R]_(n, m)) (L : {set 'I_n}) : {set 'I_m} :=
  [set u | [exists v in L, W v u != 0]].

Fixpoint sweep m p (N : net F m p) : {set 'I_m} * keeping N :=
  match N with
  | Output _ _ s _ => (readers (weights s) setT, tt)
  | Hidden _ _ _ s _ N =>
      let KL := @sweep _ _ N in (readers (weights s) KL.1, KL)
  end.

Definition observed m p (N : net F m p) : keeping N := (sweep N).2.

Lemma readers_closed m n (W : 'M[R]_(n, m)) L (K : {set 'I_m}) :
  readers W L \subset K <-> closed_layer K W L.
Proof.
split=> [/subsetP LK v u vL u_out|KL].
  apply/eqP/negPn/negP=> vu; case/negP: u_out; apply: LK.
  by rewrite inE; apply/exists_inP; exists v.
apply/subsetP=> u; rewrite inE => /exists_inP[v vL].
by apply: contraNT => u_out; rewrite (KL v u).
Qed.

Lemma sweep_closed m p (N : net F m p) (K : {set 'I_m}) :
  (sweep N).1 \subset K -> closed K (sweep N).2.
Proof.
elim: N K => {m p} [m p s A|m n p s A N IHN] K /= /readers_closed KL //.
by split=> //; exact: IHN.
Qed.

Theorem observed_closed m p (N : net F m p) : closed setT (observed N).
Proof. exact: sweep_closed (subsetT _). Qed.

Corollary observed_eval m p (N : net F m p) x :
  eval (restrict (observed N)) x = eval N x.
Proof. exact: restrict_eval (observed_closed N) x. Qed.

Fixpoint includes m p (N : net F m p) : keeping N -> keeping N -> Prop :=
  match N with
  | Output _ _ _ _ => fun _ _ => True
  | Hidden _ _ _ _ _ N => fun L M =>
      M.1 \subset L.1 /\ @includes _ _ N L.2 M.2
  end.

Lemma sweep_least m p (N : net F m p) (K : {set 'I_m}) (L : keeping N) :
  closed K L -> (sweep N).1 \subset K /\ includes L (sweep N).2.
Proof.
elim: N K L => {m p} [m p s A|m n p s A N IHN] K L /=.
  by move=> KL; split=> //; exact/readers_closed.
case=> KL /IHN[NL incl]; split=> //; apply/readers_closed=> v u vN.
by apply: KL; exact: (subsetP NL).
Qed.

Theorem observed_least m p (N : net F m p) (L : keeping N) :
  closed setT L -> includes L (observed N).
Proof. by case/sweep_least. Qed.

End Unobserved.
