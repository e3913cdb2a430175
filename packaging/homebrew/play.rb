# Plays Homebrew to its formula: the words that the formula uses, with what they do there, and no more.
#
#     ruby packaging/homebrew/play.rb FORMULA PREFIX      in the source's directory
#
# https://docs.brew.sh/Formula-Cookbook, and generate_completions_from_executable in Library/Homebrew/formula.rb.
require "English"
require "fileutils"
require "pathname"

class Formula
  FACTS = %i[desc homepage url sha256 license head].freeze

  class << self
    attr_reader :tested

    FACTS.each do |fact|
      define_method(fact) do |*value, **more|
        value.empty? && more.empty? ? facts[fact] : facts[fact] = value.first || more
      end
    end

    def facts
      @facts ||= {}
    end

    def depends_on(*) = nil

    def test(&block)
      @tested = block
    end
  end

  attr_reader :prefix

  def initialize(prefix)
    @prefix = Pathname(prefix).expand_path
  end

  def bin = prefix/"bin"
  def share = prefix/"share"
  def version = self.class.url[%r{/v([^/]+)\.tar\.gz\z}, 1]

  def system(*words)
    Kernel.system(*words.map(&:to_s)) || raise("#{words.join(" ")}: #{$CHILD_STATUS}")
  end

  def rm_r(path, force: false)
    FileUtils.rm_r(path, force: force)
  end

  def generate_completions_from_executable(program, *words, shells:)
    places = { bash: "etc/bash_completion.d/dbguard", zsh: "share/zsh/site-functions/_dbguard",
               fish: "share/fish/vendor_completions.d/dbguard.fish" }
    shells.each do |shell|
      place = prefix/places.fetch(shell)
      place.dirname.mkpath
      place.write(Utils.safe_popen_read(program, *words, shell))
    end
  end

  def shell_output(line)
    text = `#{line}`
    raise "#{line}: #{$CHILD_STATUS}" unless $CHILD_STATUS.success?

    text
  end

  def assert_match(expected, got)
    raise "#{expected.inspect} is not in #{got.inspect}" unless got.include?(expected)
  end
end

module Utils
  def self.safe_popen_read(*words)
    text = IO.popen(words.map(&:to_s), &:read)
    raise "#{words.join(" ")}: #{$CHILD_STATUS}" unless $CHILD_STATUS.success?

    text
  end
end

load ARGV.fetch(0)
# `brew audit` says so: no article, no full stop, not longer than this with the name.
raise "the description is too long" if Dbguard.desc.length > 80

missing = Formula::FACTS.reject { |fact| Dbguard.facts[fact] }
raise "the formula lacks #{missing.join(", ")}" unless missing.empty?

formula = Dbguard.new(ARGV.fetch(1))
formula.install
formula.instance_eval(&Dbguard.tested)
puts formula.caveats
