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
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.Theory.

Local Open Scope ring_scope.

Section Examples.

Variables (R : realFieldType).

Lemma id_unit_ok (F : family R) n up dn up' (A : 'I_n -> F) B v :
  unit_ok up dn up' A (join A B) (id_relab n) (id_relab n) v.
Proof.
have rowE : row v 1%:M = 1 *: delta_mx 0 v :> 'rV[R]_n by rewrite scale1r row1.
apply: (scaled_plain _ _ _ _ rowE _ rowE); first by rewrite mxE.
by move=> y; rewrite mxE !mul1r addr0.
Qed.

Lemma ghost_unit_ok (F : family R) n n' up dn up' (A : 'I_(n + n') -> F) v :
  let r := Relab 1%:M 0 : relab R (n + n') n n' in
  unit_ok up dn up' A A r r v.
Proof.
have rowE : row v 1%:M = 1 *: delta_mx 0 v :> 'rV[R]_(n + n').
  by rewrite scale1r row1.
move=> r; apply: (Scaled _ _ _ (r := r) (r' := r) rowE _ rowE).
  by rewrite mxE.
by move=> y; rewrite mxE !mul1r addr0.
Qed.

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

Let relu_code : slopes R := (1, 0).

Theorem stable_pass m n q p (W : 'M[R]_(n, m)) b (V : 'M_(q, n))
    (d : 'cV_q) (U : 'M_(p, q)) (e : 'cV_p) (C : 'I_p -> slopes R) x :
    (forall v u, 0 <= V v u) -> (forall v, 0 <= d v 0) ->
  eval (Hidden (dense W b) (fun=> relu_code)
       (Hidden (dense V d) (fun=> relu_code) (Output (dense U e) C))) x =
  eval (Hidden (dense W b) (fun=> relu_code)
       (Hidden (Done n) (fun=> relu_code)
          (Output (dense (U *m V) (U *m d + e)) C))) x.
Proof.
move=> V_ge0 d_ge0; apply: relabelled_sound x.
have relu_ge0 y : 0 <= activate relu_code y.
  by rewrite /= slope_relu /relu le_maxr lexx orbT.
pose B : 'I_0 -> slopes R := no_ghosts _.
have ok1 : layer_ok false (id_relab m) (dense W b) (fun=> relu_code)
    (dense W b) (fun=> relu_code) 0 0 0 B (id_relab n) (id_relab n).
  split; last by move=> v; exact: id_unit_ok.
  by apply: affine_plain; rewrite ?mulmx1 ?mul1mx ?mulmx0 ?add0r ?addr0.
have ok2 : layer_ok true (id_relab n) (dense V d) (fun=> relu_code)
    (Done n) (fun=> relu_code) 0 0 0 B (plain V d) (plain V d).
  split=> [|v].
    by apply: affine_plain; rewrite ?weights_dense ?offset_dense ?mulmx0.
  have pass (known : bool) : known -> transparent known relu_code.
    by move=> -> y /= y_ge0; rewrite slope_ge0 ?mul1r.
  apply: Unchanged => //.
    apply: pass; rewrite /nonneg weights_dense offset_dense d_ge0 andbT.
    by apply/forallP.
  move=> j _; rewrite /join; case: (split_ordP j) => j' jE; last first.
    by case: (notF (ltn_ord j')).
  apply: pass; rewrite jE /nonneg /= col_mxEu mxE lexx andbT.
  apply/forallP=> u; rewrite -[u]splitK; case: (split u) => u' /=; last first.
    by case: (notF (ltn_ord u')).
  by rewrite block_mxEul mxE ler0n.
have ok3 : layer_ok false (plain V d) (dense U e) C
    (dense (U *m V) (U *m d + e)) C 0 0 0 B (id_relab p) (id_relab p).
  split; last by move=> v; exact: id_unit_ok.
  by apply: affine_plain; rewrite ?weights_dense ?offset_dense ?mul1mx ?addr0.
apply: RHidden ok1 _ (RHidden ok2 _ (ROutput ok3)) => // _.
by split=> i y; rewrite ?relu_ge0 //; case: (notF (ltn_ord i)).
Qed.

End Examples.
