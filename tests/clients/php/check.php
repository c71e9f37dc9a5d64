<?php

// The smallest test runner that tells what failed and where.

declare(strict_types=1);

final class Failed extends Exception
{
}

final class Tally
{
    public static int $passed = 0;
    /** @var list<string> */
    public static array $failed = [];
    public static string $section = '';
}

function section(string $name): void
{
    Tally::$section = $name;
}

/** Runs one case; whatever it throws is its failure. */
function it(string $what, callable $case): void
{
    $name = Tally::$section . ': ' . $what;
    try {
        $case();
        Tally::$passed++;
    } catch (Throwable $error) {
        $place = basename($error->getFile()) . ':' . $error->getLine();
        foreach ($error->getTrace() as $frame) {
            // The line of the case says more than that of the assertion.
            if (str_contains($frame['file'] ?? '', '/cases/')) {
                $place = basename($frame['file']) . ':' . $frame['line'];
                break;
            }
        }
        Tally::$failed[] = "{$name} ({$place})\n    " . str_replace("\n", "\n    ", $error->getMessage());
    }
}

/** Prints what came of it; the exit code of the run. */
function conclude(): int
{
    foreach (Tally::$failed as $failure) {
        echo "FAILED {$failure}\n";
    }
    echo Tally::$passed, ' passed, ', count(Tally::$failed), " failed\n";
    return Tally::$failed === [] && Tally::$passed > 0 ? 0 : 1;
}

function show(mixed $value): string
{
    return is_string($value) ? $value : var_export($value, true);
}

/** The same value and the same type; of arrays also the same order. */
function same(mixed $expected, mixed $found, string $what = ''): void
{
    if ($expected !== $found) {
        throw new Failed(trim("{$what} is not as expected")
            . "\nexpected: " . show($expected) . "\nfound:    " . show($found));
    }
}

function holds(bool $fact, string $what): void
{
    if (!$fact) {
        throw new Failed("it does not hold that {$what}");
    }
}

function matches(string $pattern, mixed $text, string $what): void
{
    holds(is_string($text), "{$what} is a string, not " . get_debug_type($text));
    if (!preg_match($pattern, $text)) {
        throw new Failed("{$what} does not match {$pattern}: {$text}");
    }
}
