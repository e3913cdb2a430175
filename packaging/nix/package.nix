{ lib, rustPlatform }:

rustPlatform.buildRustPackage {
  pname = "dbguard";
  version = (lib.importTOML ../../Cargo.toml).package.version;
  src = lib.cleanSource ../..;
  cargoLock.lockFile = ../../Cargo.lock;

  # The tests make servers and shells, and want the machine's own; CI runs them.
  doCheck = false;

  postInstall = ''
    patchShebangs packaging
    program=$out/bin/dbguard
    mv "$program" "$TMPDIR/dbguard"
    packaging/install "$TMPDIR/dbguard" "$out"
  '';

  meta = {
    description = "Shows which database a command would reach, and asks before it touches production";
    license = with lib.licenses; [ mit asl20 ];
    mainProgram = "dbguard";
    platforms = lib.platforms.unix;
  };
}
