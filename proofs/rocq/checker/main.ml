(* TRUSTED. lumpcheck ORIGINAL REDUCED CERTIFICATE: exit code 0 valid, 1 rejected, 2 malformed.
   lumpcheck --print FILE: a network or certificate as it was read. *)

let usage = "usage: lumpcheck ORIGINAL REDUCED CERTIFICATE, or lumpcheck --print FILE"

let network name =
  let n = Reader.network (Reader.opened name) in
  if not (Checker.well_formed n)
  then raise (Reader.Malformed (name, 3, "layers that fit each other"));
  n

let check original reduced certificate =
  let ours = network original in
  let theirs = network reduced in
  let r = Reader.opened certificate in
  let decide =
    if Reader.starts r "lumpver-forms" then
      let (mine, others) = Reader.forms r in
      fun () -> Checker.formcheck ours theirs mine others
    else
      let claims = Reader.certificate r in fun () -> Checker.lumpcheck ours theirs claims in
  let started = Sys.time () in
  let valid = decide () in
  if Sys.getenv_opt "LUMPCHECK_TIME" <> None
  then Printf.eprintf "read %.3f s, check %.3f s\n" started (Sys.time () -. started);
  print_endline (if valid then "valid" else "rejected");
  if valid then 0 else 1

let print name =
  let r = Reader.opened name in
  let b =
    if Reader.starts r "lumpver-network" then Printer.network (network name)
    else if Reader.starts r "lumpver-forms" then Printer.forms (Reader.forms r)
    else Printer.certificate (Reader.certificate r) in
  Buffer.output_buffer stdout b; 0

let answer () =
  match Array.to_list Sys.argv with
  | [ _; "--print"; name ] -> print name
  | [ _; original; reduced; certificate ] -> check original reduced certificate
  | _ -> prerr_endline usage; 2

let () =
  Gc.set { (Gc.get ()) with minor_heap_size = 1 lsl 20; space_overhead = 400 };
  exit
    (try let code = answer () in flush stdout; code with
     | Reader.Malformed (name, line, what) ->
       Printf.eprintf "%s:%d: expected %s\n" name line what; 2
     | Sys_error what -> prerr_endline what; 2
     | End_of_file -> prerr_endline "a file that cannot be read to its end"; 2
     | Stack_overflow | Out_of_memory -> prerr_endline "too large for this machine"; 2)
