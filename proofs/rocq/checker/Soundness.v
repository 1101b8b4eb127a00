(******************************************************************************)
(*  The walk: two networks that are accepted have the same outputs.           *)
(******************************************************************************)

From Coq Require Import QArith List Bool Lia Setoid Morphisms Lqa.
From lumpcheck Require Import Network Trees Segments Vectors SegmentsCorrect
  Check RowsCorrect StepsCorrect.
Import ListNotations.
Open Scope Q_scope.

(* ------------------------------------------------------------ the walk *)
Lemma entered_correct n before s N' after final h h' :
  known n before h h' -> entered n before s N' after = Some final ->
  if vanished final then known n final (run s h) h'
  else known (run_width n (first_run N')) final
         (run s h) (run (first_run N') h').
Proof.
  intros before_ok. unfold entered. destruct s as [|L s].
  - destruct after; [easy|]. destruct (vanished before) eqn:gone.
    + injection 1 as <-. now rewrite gone.
    + destruct (first_run N'); [|easy]. injection 1 as <-. now rewrite gone.
  - destruct segment eqn:ok; [|easy]. injection 1 as <-.
    exact (segment_correct n before (L :: s) (first_run N') after h h'
             before_ok ok).
Qed.

Lemma outputs_proper N : forall u v, u =~ v -> outputs N u =~ outputs N v.
Proof.
  induction N as [s|s a N IH]; intros u v uv; simpl.
  - now rewrite uv.
  - apply IH. apply map_activate_proper. now rewrite uv.
Qed.

Lemma check_correct N : forall n at_ before N' C h h',
  known n before h h' -> check n at_ before N N' C = true ->
  outputs N h =~ outputs N' h'.
Proof.
  induction N as [s|s a N IH]; intros n at_ before N' C h h' before_ok.
  - destruct C as [|[m behind_] [|]]; try easy. simpl.
    destruct N' as [s'|]; [|easy].
    destruct (entered _ _ _ _ _) as [[r|]|] eqn:E; try easy. intros _.
    exact (proj2 (entered_correct n before s (Last s') _ None h h'
                    before_ok E)).
  - destruct C as [|[m behind_] C]; [easy|]. simpl.
    destruct (entered _ _ _ _ _) as [after|] eqn:E; [|easy].
    assert (mid := entered_correct n before s N' _ after h h' before_ok E).
    destruct (activated a after) as [final|] eqn:A; [|easy].
    destruct (vanished after) eqn:gone.
    + rewrite !andb_true_iff. intros [_ ok].
      apply IH with (2 := ok).
      exact (proj2 (activated_correct a n after final _ _ mid A) gone).
    + destruct N' as [|s' a' N']; [easy|].
      rewrite !andb_true_iff. intros [[[slopes _] _] ok]. simpl in mid.
      rewrite (IH _ _ _ _ _ _ _
                 (proj1 (activated_correct a _ after final _ _ mid A)) ok).
      simpl. apply outputs_proper. apply eqv_map. intros x _.
      now apply same_slope_correct.
Qed.

Lemma same_words_eq a : forall b, same_words a b = true -> a = b.
Proof.
  induction a as [|x a IH]; intros [|y b]; simpl; try easy.
  unfold same_words. simpl. rewrite andb_true_iff, Z.eqb_eq.
  intros [-> ab]. f_equal. now apply IH.
Qed.

Lemma verify_correct N N' C : verify N N' C = true ->
  view N = view N' /\ inputs N = inputs N' /\
  forall x, length x = inputs N ->
    outputs (body N) x =~ outputs (body N') x.
Proof.
  unfold verify. rewrite !andb_true_iff, Nat.eqb_eq.
  intros [[[[words same] _] _] ok]. apply same_words_eq in words.
  split; [easy|]. split; [easy|]. intros x len.
  now apply (check_correct (body N) (inputs N) 0%Z None (body N') C x x).
Qed.
