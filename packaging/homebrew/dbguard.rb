# Homebrew's formula. `packaging/recipes` puts the address, and the hash of the source, of a release into it.
class Dbguard < Formula
  desc "Ends \"I thought I was on staging\": asks before a command touches production"
  homepage "@REPOSITORY@"
  url "@REPOSITORY@/archive/refs/tags/@TAG@.tar.gz"
  sha256 "@SHA256@"
  license any_of: ["MIT", "Apache-2.0"]
  head "@REPOSITORY@.git", branch: "main"

  depends_on "rust" => :build

  def install
    program = Utils.safe_popen_read("packaging/build").strip
    system "packaging/install", program, prefix
    # Homebrew finds its own places for what the list puts into those of the system.
    rm_r share/"bash-completion", force: true
    rm_r share/"fish", force: true
    rm_r share/"zsh", force: true
    generate_completions_from_executable(bin/"dbguard", "completions", shells: [:bash, :zsh, :fish])
  end

  def caveats
    <<~EOS
      dbguard guards nothing until a shell loads it:
        dbguard setup
    EOS
  end

  test do
    assert_match "dbguard #{version}", shell_output("#{bin}/dbguard --version")
    answer = shell_output("#{bin}/dbguard explain --json -- psql -h db1.prod.example.com -c 'DROP TABLE t'")
    assert_match "\"risk\":\"destroy\"", answer
  end
end
