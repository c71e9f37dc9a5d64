<?php

// A merchant's notification endpoint, and how it verifies what arrives.

declare(strict_types=1);

final class Notification
{
    public readonly mixed $json;

    /** @param array<string, string> $headers names in lower case */
    public function __construct(
        public readonly string $method,
        public readonly string $path,
        public readonly array $headers,
        public readonly string $body,
    ) {
        $this->json = json_decode($body, true);
    }
}

/**
 * Listens from the start; what arrives while nobody waits stays in the queue of the listening
 * socket. One connection is one notification.
 */
final class Receiver
{
    /** A local gateway has no excuse to be slower. */
    private const SECONDS_MAX = 20;

    /** @var resource */
    private $socket;

    public function __construct()
    {
        $this->socket = stream_socket_server('tcp://127.0.0.1:0');
    }

    public function url(string $path = '/notify'): string
    {
        return 'http://' . stream_socket_get_name($this->socket, false) . $path;
    }

    /** The notification that arrived first and was not taken yet. */
    public function next(string $answer = '200 OK'): Notification
    {
        $deadline = hrtime(true) + self::SECONDS_MAX * 1_000_000_000;
        while (true) {
            $left = intdiv($deadline - hrtime(true), 1_000_000);
            $ready = [$this->socket];
            $nobody = null;
            $count = $left > 0 ? stream_select($ready, $nobody, $nobody, intdiv($left, 1000), $left % 1000 * 1000) : 0;
            holds($count > 0, 'a notification arrives within ' . self::SECONDS_MAX . ' seconds');
            $stream = stream_socket_accept($this->socket, 0);
            stream_set_timeout($stream, self::SECONDS_MAX);
            $notification = $this->read($stream);
            if ($notification !== null) {
                fwrite($stream, "HTTP/1.1 {$answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
            fclose($stream);
            if ($notification !== null) {
                return $notification;
            }
        }
    }

    /** Whether something has arrived that was not taken. */
    public function hasMore(): bool
    {
        $ready = [$this->socket];
        $nobody = null;
        return stream_select($ready, $nobody, $nobody, 0) > 0;
    }

    /** @param resource $stream */
    private function read($stream): ?Notification
    {
        $first = fgets($stream);
        // A connection that was opened and not used.
        if ($first === false) {
            return null;
        }
        [$method, $path] = explode(' ', trim($first));
        $headers = [];
        while (($line = trim((string) fgets($stream))) !== '') {
            [$name, $value] = explode(':', $line, 2);
            $headers[strtolower($name)] = trim($value);
        }
        $length = (int) $headers['content-length'];
        $body = '';
        while (strlen($body) < $length) {
            $piece = fread($stream, $length - strlen($body));
            holds($piece !== false && $piece !== '', "the notification's body is whole");
            $body .= $piece;
        }
        return new Notification($method, $path, $headers, $body);
    }
}

/** Verifies a notification as a merchant of this brand would; fails unless it is genuine. */
function verify(Notification $notification, Brand $brand, string $path = '/notify'): array
{
    same(['POST', $path], [$notification->method, $notification->path]);
    $headers = $notification->headers;
    matches('#^application/json#', $headers['content-type'] ?? null, 'the content type');
    same($brand->key, $headers[strtolower($brand->keyHeader)] ?? null, 'the key');
    $signature = $headers[strtolower($brand->signatureHeader)] ?? null;
    matches('/^[0-9a-f]{128}$/', $signature, 'the signature');

    $raw = hash_hmac('sha512', $brand->key . $notification->body, $brand->token);
    holds(hash_equals($raw, $signature), 'the signature verifies over the raw body');
    // Some merchants decode to arrays, others to objects.
    foreach ([true, false] as $toArrays) {
        $body = json_encode(json_decode($notification->body, $toArrays));
        same($notification->body, $body, 'the body, decoded and encoded again,');
        $encoded = hash_hmac('sha512', $brand->key . $body, $brand->token);
        holds(hash_equals($encoded, $signature), 'the signature verifies over the body encoded again');
    }
    $forged = str_replace('"responseCode":200', '"responseCode":201', $notification->body);
    holds($forged !== $notification->body, 'the forgery differs');
    $wrong = hash_hmac('sha512', $brand->key . $forged, $brand->token);
    holds(!hash_equals($wrong, $signature), 'a forged body does not verify');

    // Callback URLs may be plain HTTP: whoever reads the token there owns the project.
    foreach ($headers as $name => $value) {
        holds(!str_contains($name, 'token'), "no header tells of a token, not {$name}");
        holds(!str_contains($value, $brand->token), "{$name} does not hold the token");
    }
    holds(!str_contains($notification->body, $brand->token), 'the body does not hold the token');

    same([200, 'success'], [$notification->json['responseCode'], $notification->json['responseMessage']]);
    return $notification->json['responseData'];
}
