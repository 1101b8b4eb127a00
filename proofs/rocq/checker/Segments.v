(******************************************************************************)
(*  Runs of layers multiplied out: one matrix and one bias for all of them.   *)
(*                                                                            *)
(*  The input is given in columns: a function e from paths to rationals, of   *)
(*  which the places `cols` count.                                            *)
(*                                                                            *)
(*            claim == (p, s, k): a unit that is (s e_p + k) / d; the entry   *)
(*                     is missing if there is no p                            *)
(*       claimed d e == the value of a claim                                  *)
(*             form == what is known of a vector: the columns as they are     *)
(*                     (Same), one column for each unit (Thin), any sum of    *)
(*                     columns for each unit (Thick)                          *)
(*   formed cols e f == the vector                                            *)
(*   behind cols L f == the form behind the layer L                           *)
(* multiply cols f s == the pair (d, rows) behind the layers s                *)
(******************************************************************************)

From Coq Require Import QArith List.
From lumpcheck Require Import Network Trees.
Import ListNotations.
Open Scope Q_scope.

Record claim := Claim { column : option path; scale : Z; constant : Z }.

Inductive form :=
| Same
| Thin (d : positive) (claims : list claim)
| Thick (d : positive) (rows : list row).

Definition entry (e : path -> Q) (c : option path) : Q :=
  match c with Some p => e p | None => 0 end.
Definition claimed (d : positive) (e : path -> Q) (c : claim) : Q :=
  (inject_Z (scale c) * entry e (column c) + inject_Z (constant c)) * (1 # d).

Definition formed (cols : list path) (e : path -> Q) (f : form) : list Q :=
  match f with
  | Same => map e cols
  | Thin d claims => map (claimed d e) claims
  | Thick d rows => map (unit_of d (map e cols)) rows
  end.

(* sums of rows; a shorter row stands for one with zeros behind it *)
Fixpoint plus (x : Z) (a acc : list Z) : list Z :=
  match a, acc with
  | u :: a, v :: acc => (x * u + v)%Z :: plus x a acc
  | a, [] => map (Z.mul x) a
  | [], acc => acc
  end.
Fixpoint mixed (r : list Z) (rows : list row) (acc : row) : row :=
  match r, rows with
  | x :: r, (a, k) :: rows =>
      mixed r rows
        (if (x =? 0)%Z then acc else (plus x a (fst acc), (x * k + snd acc)%Z))
  | _, _ => acc
  end.

(* which units are in a column, with their scales *)
Notation members := (list (address * Z)) (only parsing).
Definition listed (t : tree members) (p : path) : members :=
  match get t p with Some found => found | None => [] end.
Fixpoint collect (claims : list claim) (at_ : list address)
    (t : tree members) :=
  match claims, at_ with
  | c :: claims, a :: at_ =>
      collect claims at_
        match column c with
        | Some p => modify t p (cons (a, scale c))
        | None => t
        end
  | _, _ => t
  end.
Definition blank (cols : list path) : tree members :=
  of_list (map (fun _ => []) cols).
Definition depth (claims : list claim) : nat := Nat.log2_up (length claims).
Definition plan (cols : list path) (claims : list claim) : list members :=
  map (listed (collect claims (addresses (depth claims)) (blank cols))) cols.
Fixpoint total (v : vector) (found : members) : Z :=
  match found with
  | [] => 0%Z
  | (a, s) :: found => (read v a * s + total v found)%Z
  end.
Definition aggregated (n : nat) (found : list members) (r : list Z) : list Z :=
  let v := fst (pour n r) in map (total v) found.
Fixpoint shift (r : list Z) (claims : list claim) : Z :=
  match r, claims with
  | x :: r, c :: claims => (x * constant c + shift r claims)%Z
  | _, _ => 0%Z
  end.

Definition behind (cols : list path) (L : layer) (f : form) : form :=
  match L, f with
  | Dense d rows, Same => Thick d rows
  | Dense d rows, Thin t claims =>
      let found := plan cols claims in
      let n := depth claims in
      Thick (d * t)
        (map (fun r => (aggregated n found (fst r),
                        (shift (fst r) claims + snd r * Zpos t)%Z)) rows)
  | Dense d rows, Thick t before =>
      Thick (d * t)
        (map (fun r => mixed (fst r) before ([], (snd r * Zpos t)%Z)) rows)
  | Diagonal d rows, Same =>
      Thin d (zip (fun r p => Claim (Some p) (fst r) (snd r)) rows cols)
  | Diagonal d rows, Thin t claims =>
      Thin (d * t)
        (zip (fun r c => Claim (column c) (fst r * scale c)
                           (fst r * constant c + snd r * Zpos t)) rows claims)
  | Diagonal d rows, Thick t before =>
      Thick (d * t)
        (zip (fun r a => (map (Z.mul (fst r)) (fst a),
                          (fst r * snd a + snd r * Zpos t)%Z)) rows before)
  end.

Definition only (cols : list path) (c : option path) (s : Z) : list Z :=
  match c with
  | Some p => map (fun q => if path_eqb q p then s else 0%Z) cols
  | None => []
  end.
Definition thick (cols : list path) (f : form) : positive * list row :=
  match f with
  | Same => (1%positive, map (fun p => (only cols (Some p) 1, 0%Z)) cols)
  | Thin d claims =>
      (d, map (fun c => (only cols (column c) (scale c), constant c)) claims)
  | Thick d rows => (d, rows)
  end.

Definition multiply (cols : list path) (f : form) (s : list layer) :=
  thick cols (fold_left (fun f L => behind cols L f) s f).
