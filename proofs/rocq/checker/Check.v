(******************************************************************************)
(*  The decision: does a certificate show that two networks are equal?        *)
(*                                                                            *)
(*  The walk goes along the original, segment by segment, and keeps t = M t'  *)
(*  + k: what the vector of the original is in terms of that of the reduced   *)
(*  network. The columns of M are the reduced units, then the ghosts.         *)
(*                                                                            *)
(*  relabelling == M and k: one claim per unit over one denominator           *)
(*       target == what a column stands for behind a segment: a reduced unit, *)
(*                 or the row of a ghost's first member                       *)
(*    unit_right == the row of a unit is what its claim says                  *)
(*       segment == the step over the layers between two activations: No,     *)
(*                 Stay (all units have become constants or ghosts, and the   *)
(*                 reduced network does not go on), or Go                     *)
(*     activated == the step over an activation                               *)
(*         place == which tensor of the reduced network the certificate means *)
(*                  as counterpart: 0 its input, i what its i-th item makes,  *)
(*                  -1 none                                                   *)
(*        verify == the answer for two networks and a certificate             *)
(******************************************************************************)

From Coq Require Import QArith List.
From lumpcheck Require Import Network Trees Segments.
Import ListNotations.
Open Scope Z_scope.

Record relabelling :=
  Relabelling { width : nat; ghosts : nat; over_ : positive;
                units : list claim }.
Record mark := Mark { place : Z; becomes : option relabelling }.
Definition certificate := list (mark * Z).   (* segment; activation behind it *)

(* ------------------------------------------------------------- numbers *)
Definition reduced_pair (a b : Z) : Z * Z :=
  if a =? b then (1, 1) else
  let g := Z.gcd a b in
  let x := a / g in
  let y := b / g in
  if (g * x =? a) && (g * y =? b) then (x, y) else (a, b).

Definition zeros : list Z -> bool := forallb (fun x => x =? 0).

(* x a = y b, where b may be shorter: then it has zeros behind it *)
Fixpoint same_multiples (x y : Z) (a b : list Z) : bool :=
  match a, b with
  | a, [] => (x =? 0) || zeros a
  | [], _ :: _ => false
  | u :: a, v :: b => (x * u =? y * v) && same_multiples x y a b
  end.
Definition proportional (x y : Z) (a b : list Z) : bool :=
  let (x, y) := reduced_pair x y in same_multiples x y a b.

Fixpoint forall2b {A B} (f : A -> B -> bool) (a : list A) (b : list B) : bool :=
  match a, b with
  | [], [] => true
  | x :: a, y :: b => f x y && forall2b f a b
  | _, _ => false
  end.

(* ------------------------------------------------------------- one row *)
Inductive target :=
| Real (r : row)
| Ghost (r : list Z) (rest : Z) (s : Z)
| Nobody.

(* the bias without the claimed constant, over (d * t) *)
Definition rest (t d : positive) (r : row) (c : claim) : Z :=
  snd r * Zpos t - constant c * Zpos d.

(* t: below the claims; d, d': below our rows and theirs *)
Definition unit_right (t d d' : positive) (targets : tree target)
    (r : row) (c : claim) : bool :=
  let k := rest t d r c in
  match column c with
  | None => zeros (fst r) && (k =? 0)
  | Some p =>
      match get targets p with
      | Some (Real r') =>
          proportional (Zpos t * Zpos d') (scale c * Zpos d)
            (fst r) (fst r') &&
          (k * Zpos d' =? scale c * Zpos d * snd r')
      | Some (Ghost lead l s) =>
          negb (s =? 0) && proportional s (scale c) (fst r) lead &&
          (k * s =? scale c * l)
      | Some Nobody | None => false
      end
  end.

Definition same_unit (d d' : positive) (r r' : row) : bool :=
  proportional (Zpos d') (Zpos d) (fst r) (fst r') &&
  (snd r * Zpos d' =? snd r' * Zpos d).

(* the first member of every column *)
Definition leads (t d : positive) (n : nat) (rows : list row)
    (claims : list claim) : list target :=
  let nobody := of_list (map (fun _ => Nobody) (enum n)) in
  let found :=
    fold_right
      (fun rc leads =>
         match column (snd rc) with
         | Some p =>
             modify leads p (fun _ =>
               Ghost (fst (fst rc)) (rest t d (fst rc) (snd rc))
                 (scale (snd rc)))
         | None => leads
         end)
      nobody (combine rows claims) in
  map (fun p => match get found p with Some l => l | None => Nobody end)
    (enum n).

(* --------------------------------------------------------- one segment *)
Definition columns_of (n : nat) (before : option relabelling) : nat :=
  match before with None => n | Some r => width r + ghosts r end.
Definition form_of (before : option relabelling) : form :=
  match before with None => Same | Some r => Thin (over_ r) (units r) end.
Definition vanished (before : option relabelling) : bool :=
  match before with Some (Relabelling O _ _ _) => true | _ => false end.
Definition has_ghosts (before : option relabelling) : bool :=
  match before with Some (Relabelling _ (S _) _ _) => true | _ => false end.

Definition ours (n : nat) before (s : list layer) : positive * list row :=
  multiply (enum (columns_of n before)) (form_of before) s.

(* of a vanished vector nothing may be read; ghosts are never read at all *)
Definition theirs (n : nat) before (s : list layer)
    : option (positive * list row) :=
  let (d, rows) := multiply (enum n) Same s in
  if vanished before then
    if forallb (fun r => zeros (fst r)) rows
    then Some (d, map (fun r => ([], snd r)) rows) else None
  else if has_ghosts before
  then Some (d, map (fun r => (firstn n (fst r), snd r)) rows)
  else Some (d, rows).

Definition targets_of (t d : positive) (w g : nat) (theirs rows : list row)
    (claims : list claim) : list target :=
  map Real theirs ++
  match g with O => [] | S _ => skipn w (leads t d (w + g) rows claims) end.

Definition claims_right (r : relabelling) (d d' : positive)
    (rows' rows : list row) : bool :=
  let t := over_ r in
  Nat.eqb (length rows') (width r) &&
  let all := targets_of t d (width r) (ghosts r) rows' rows (units r) in
  Nat.eqb (length all) (width r + ghosts r) &&
  forall2b (unit_right t d d' (of_list all)) rows (units r).

Definition segment (n : nat) (before : option relabelling) (s s' : list layer)
    (after : option relabelling) : bool :=
  let (d, rows) := ours n before s in
  if vanished after then
    match after with
    | Some r => claims_right r d 1 [] rows
    | None => false
    end
  else
    match theirs n before s' with
    | None => false
    | Some (d', rows') =>
        match after with
        | None => forall2b (same_unit d d') rows rows'
        | Some r => claims_right r d d' rows' rows
        end
    end.

(* ------------------------------------------------------ one activation *)
Definition is_identity (a : slope) : bool := top a =? Zpos (bottom a).
Definition same_slope (a b : slope) : bool :=
  top a * Zpos (bottom b) =? top b * Zpos (bottom a).

Definition activated_claim (a : slope) (c : claim) : option claim :=
  let q := Zpos (bottom a) in
  match column c with
  | Some p =>
      if (0 <? scale c) && (constant c =? 0)
      then Some (Claim (Some p) (scale c * q) 0) else None
  | None =>
      let k := constant c in
      Some (Claim None 0 (if 0 <=? k then k * q else k * top a))
  end.
Fixpoint activated_claims (a : slope) (claims : list claim)
    : option (list claim) :=
  match claims with
  | [] => Some []
  | c :: claims =>
      match activated_claim a c, activated_claims a claims with
      | Some c, Some claims => Some (c :: claims)
      | _, _ => None
      end
  end.
Definition activated (a : slope) (before : option relabelling)
    : option (option relabelling) :=
  match before with
  | None => Some None
  | Some r =>
      if is_identity a then Some before else
      match activated_claims a (units r) with
      | Some claims =>
          Some (Some (Relabelling (width r) (ghosts r) (over_ r * bottom a)
                        claims))
      | None => None
      end
  end.

(* ------------------------------------------------------------ the walk *)
Definition layer_fits (n : nat) (L : layer) : option nat :=
  match L with
  | Dense _ rows =>
      if forallb (fun r => Nat.eqb (length (fst r)) n) rows
      then Some (length rows) else None
  | Diagonal _ rows => if Nat.eqb (length rows) n then Some n else None
  end.
Fixpoint run_fits (n : nat) (s : list layer) : option nat :=
  match s with
  | [] => Some n
  | L :: s =>
      match layer_fits n L with Some n => run_fits n s | None => None end
  end.
Fixpoint chain_fits (n : nat) (N : chain) : bool :=
  match N with
  | Last s => match run_fits n s with Some _ => true | None => false end
  | Step s _ N =>
      match run_fits n s with Some n => chain_fits n N | None => false end
  end.
Definition well_formed (N : network) : bool := chain_fits (inputs N) (body N).

Definition run_width (n : nat) (s : list layer) : nat :=
  fold_left (fun n L => match L with
                        | Dense _ rows => length rows
                        | Diagonal _ rows => Nat.min (length rows) n
                        end) s n.
Definition items (s : list layer) : Z := Z.of_nat (length s).

Definition first_run (N : chain) : list layer :=
  match N with Last s => s | Step s _ _ => s end.

(* no layers on our side: none on theirs, unless they have yet to catch up *)
Definition entered (n : nat) before (s : list layer) (N' : chain)
    (after : option relabelling) : option (option relabelling) :=
  match s with
  | [] =>
      match after, vanished before, first_run N' with
      | Some _, _, _ => None
      | None, true, _ => Some before
      | None, false, [] => Some before
      | None, false, _ :: _ => None
      end
  | _ :: _ =>
      if segment n before s (first_run N') after then Some after else None
  end.

Fixpoint check (n : nat) (at_ : Z) (before : option relabelling)
    (N N' : chain) (C : certificate) : bool :=
  match N, C with
  | Last s, [(m, _)] =>
      match N' with
      | Last s' =>
          match entered n before s N' (becomes m) with
          | Some None => place m =? at_ + items s'
          | _ => false
          end
      | Step _ _ _ => false
      end
  | Step s a N, (m, behind_) :: C =>
      match entered n before s N' (becomes m) with
      | None => false
      | Some after =>
          match activated a after with
          | None => false
          | Some final =>
              if vanished after then
                (place m =? -1) && (behind_ =? -1) && check n at_ final N N' C
              else
                match N' with
                | Last _ => false
                | Step s' a' N' =>
                    let end_ := at_ + items s' in
                    same_slope a a' && (place m =? end_) &&
                    (behind_ =? end_ + 1) &&
                    check (run_width n s') (end_ + 1) final N N' C
                end
          end
      end
  | _, _ => false
  end.

Definition same_words (a b : list Z) : bool := forall2b Z.eqb a b.

Definition verify (N N' : network) (C : certificate) : bool :=
  same_words (view N) (view N') && Nat.eqb (inputs N) (inputs N') &&
  well_formed N && well_formed N' &&
  check (inputs N) 0 None (body N) (body N') C.
