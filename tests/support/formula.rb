# formula.rb FORMULA SYSTEM PROCESSOR BASE PREFIX: does with a Homebrew formula what Homebrew does on that system, as far
# as the formula uses its language. Takes the archive from BASE, compares its SHA-256, installs it into the folder PREFIX,
# prints what the service runs and, where SYSTEM is linux and PROCESSOR intel, runs the formula's test.

require "digest"
require "fileutils"
require "net/http"
require "pathname"
require "tmpdir"

FILE, SYSTEM, PROCESSOR, BASE, PREFIX = ARGV

# As Homebrew's: `install` takes paths, or a path with its new name.
class Pathname
  def install(*files)
    mkpath
    files.flat_map { |file| file.is_a?(Hash) ? file.to_a : [[file, File.basename(file)]] }.each do |from, name|
      FileUtils.mv(from, self + name)
    end
  end
end

class Service
  attr_reader :settings

  def initialize(formula, block)
    @formula = formula
    @settings = {}
    instance_eval(&block)
  end

  def opt_bin = @formula.bin
  def var = @formula.prefix + "var"

  %i[run keep_alive log_path error_log_path].each { |name| define_method(name) { |value| @settings[name] = value } }
end

class Formula
  VALUES = %i[desc homepage version license url sha256].freeze
  class << self
    attr_reader :values, :service_block, :test_block

    def inherited(formula)
      super
      formula.instance_variable_set(:@values, {})
    end

    VALUES.each { |name| define_method(name) { |value| @values[name] = value } }
    %w[macos linux].each { |name| define_method("on_#{name}") { |&block| block.call if SYSTEM == name } }
    %w[arm intel].each { |name| define_method("on_#{name}") { |&block| block.call if PROCESSOR == name } }

    def service(&block) = @service_block = block
    def test(&block) = @test_block = block
  end

  def prefix = Pathname.new(PREFIX)
  def bin = prefix + "bin"
  def man1 = prefix + "share/man/man1"
  def bash_completion = prefix + "etc/bash_completion.d"
  def zsh_completion = prefix + "share/zsh/site-functions"
  def fish_completion = prefix + "share/fish/vendor_completions.d"
  def version = self.class.values[:version]

  def shell_output(command)
    output = `#{command}`
    $?.success? ? output : abort("#{command} failed")
  end

  def assert_match(part, text) = text.include?(part) || abort("#{part} is not in #{text}")
end

load FILE
values = Lmsync.values
missing = Formula::VALUES.reject { |name| values[name] }
abort "the formula has no #{missing.join(", ")}" unless missing.empty?
abort "Homebrew takes 80 characters of description at most" if values[:desc].length > 80

archive = Net::HTTP.get_response(URI("#{BASE}/#{File.basename(values[:url])}"))
abort "#{values[:url]}: #{archive.code}" unless archive.is_a?(Net::HTTPSuccess)
found = Digest::SHA256.hexdigest(archive.body)
abort "SHA-256 mismatch: expected #{values[:sha256]}, actual #{found}" unless found == values[:sha256]

formula = Lmsync.new
Dir.mktmpdir do |folder|
  Dir.chdir(folder) do
    File.binwrite("archive", archive.body)
    system("tar", "-xzf", "archive") || abort("not an archive")
    # Homebrew enters the one folder of an archive.
    Dir.chdir(Dir.children(".").find { |name| File.directory?(name) }) { formula.install }
  end
end
service = Service.new(formula, Lmsync.service_block).settings
puts "service #{Array(service.fetch(:run)).join(" ")}"
formula.instance_eval(&Lmsync.test_block) if SYSTEM == "linux" && PROCESSOR == "intel"
