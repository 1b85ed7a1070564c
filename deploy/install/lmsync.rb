# The Homebrew formula of lmsync @VERSION@, for a tap: it installs the released programs.
class Lmsync < Formula
  desc "Keeps OpenClaw's model list true to what LM Studio serves"
  homepage "https://github.com/lmsync/lmsync"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "@URL@/lmsync-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SUM_aarch64-apple-darwin@"
    end
    on_intel do
      url "@URL@/lmsync-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SUM_x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@URL@/lmsync-@VERSION@-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@SUM_aarch64-unknown-linux-gnu@"
    end
    on_intel do
      url "@URL@/lmsync-@VERSION@-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@SUM_x86_64-unknown-linux-gnu@"
    end
  end

  def install
    bin.install "lmsync"
    man1.install "lmsync.1"
    bash_completion.install "completions/lmsync.bash" => "lmsync"
    zsh_completion.install "completions/_lmsync"
    fish_completion.install "completions/lmsync.fish"
  end

  service do
    run [opt_bin/"lmsync", "run"]
    keep_alive true
    log_path var/"log/lmsync.log"
    error_log_path var/"log/lmsync.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/lmsync --version")
  end
end
