<?php

// HTTP with PHP's own streams.

declare(strict_types=1);

final class Answer
{
    public readonly mixed $json;

    /** @param list<string> $headers the status line first, then headers as they came */
    public function __construct(
        public readonly int $status,
        public readonly array $headers,
        public readonly string $body,
    ) {
        $this->json = json_decode($body, true);
    }

    public function header(string $name): ?string
    {
        foreach ($this->headers as $line) {
            if (stripos($line, "{$name}:") === 0) {
                return trim(substr($line, strlen($name) + 1));
            }
        }
        return null;
    }

    /** `responseData`, of an answer that says yes. */
    public function data(): array
    {
        same(200, $this->status, "the status of {$this->body}");
        return $this->json['responseData'];
    }
}

final class Gateway
{
    /** A gateway that does not answer must not hang the run. */
    private const SECONDS_MAX = 30;

    public function __construct(public readonly string $url)
    {
    }

    /** @param array<string, string> $headers */
    public function send(string $method, string $path, array $headers = [], ?string $body = null): Answer
    {
        $lines = ['Connection: close'];
        foreach ($headers as $name => $value) {
            $lines[] = "{$name}: {$value}";
        }
        $http = [
            'method' => $method,
            'header' => $lines,
            'protocol_version' => 1.1,
            'ignore_errors' => true,
            'follow_location' => 0,
            'timeout' => self::SECONDS_MAX,
        ];
        if ($body !== null) {
            $http['content'] = $body;
        }
        $url = str_starts_with($path, 'http') ? $path : $this->url . $path;
        $stream = fopen($url, 'r', false, stream_context_create(['http' => $http]));
        $text = stream_get_contents($stream);
        $meta = stream_get_meta_data($stream);
        fclose($stream);
        holds(!$meta['timed_out'], "{$method} {$path} is answered in time");
        $head = $meta['wrapper_data'];
        same(1, preg_match('#^HTTP/1\.1 (\d{3})#', $head[0], $status), 'a status line');
        return new Answer((int) $status[1], $head, $text);
    }

    /** Does at once what a cashier would: `pay` or `reverse`. */
    public function press(string $button, string $paymentCode): void
    {
        $headers = ['Content-Type' => 'application/json'];
        $answer = $this->send('POST', "/sandbox/v1/payments/{$paymentCode}/{$button}", $headers, '{}');
        same([200, '00'], [$answer->status, $answer->json['code'] ?? $answer->body], $button);
    }
}
