<?php

// One of the two brands, and how its pages tell to sign.

declare(strict_types=1);

final class Brand
{
    private const CALLBACK = 'http://127.0.0.1:9/nobody';

    private function __construct(
        private readonly Gateway $gateway,
        public readonly string $name,
        public readonly string $keyHeader,
        public readonly string $tokenHeader,
        public readonly string $signatureHeader,
        public readonly string $key,
        public readonly string $token,
        public readonly int $fee,
    ) {
    }

    /** @return list<self> with the sandbox's demo credentials and fees */
    public static function all(Gateway $gateway): array
    {
        return [
            new self($gateway, 'Cronos', 'On-Key', 'On-Token', 'On-Signature',
                'SC-KRW9ESNZUUKQXOOX', 'jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t', 3000),
            new self($gateway, 'SenGo', 'X-Client-Key', 'X-Client-Token', 'X-Signature',
                'SG-GERAIDEMO000001', 'gerai0demo0token0for0sengo000001', 85),
        ];
    }

    /** The brand that this is not. */
    public function other(): self
    {
        foreach (self::all($this->gateway) as $brand) {
            if ($brand->name !== $this->name) {
                return $brand;
            }
        }
    }

    /** What a request with this body carries: `hash_hmac('sha512', key + json_encode(body), token)`. */
    public function headers(mixed $body): array
    {
        return $this->signed(hash_hmac('sha512', $this->key . json_encode($body), $this->token));
    }

    public function signed(string $signature): array
    {
        return [
            $this->keyHeader => $this->key,
            $this->tokenHeader => $this->token,
            $this->signatureHeader => $signature,
            'Accept' => 'application/json',
            'Content-Type' => 'application/json',
        ];
    }

    public function post(array $body): Answer
    {
        return $this->send($this->headers($body), json_encode($body));
    }

    /** Sends these very bytes with these very headers. */
    public function send(array $headers, string $body): Answer
    {
        return $this->gateway->send('POST', '/api/retail', $headers, $body);
    }

    /** A GET, of which only the key is signed. */
    public function get(string $path, array $more = []): Answer
    {
        $headers = $this->signed(hash_hmac('sha512', $this->key, $this->token));
        return $this->gateway->send('GET', $path, [...$headers, ...$more]);
    }

    /** A body with everything that is mandatory and a reference that nobody has used. */
    public function order(array $more = []): array
    {
        return [
            'reference' => 'php-' . bin2hex(random_bytes(12)),
            'phoneNumber' => '082195395779',
            'channel' => 'alfamart',
            'amount' => 100000,
            'viewName' => 'Mr. Gentur',
            'additionalInfo' => ['callback' => self::CALLBACK],
            ...$more,
        ];
    }

    /** Opens a payment, and must be allowed to. */
    public function open(array $more = []): array
    {
        return $this->post($this->order($more))->data();
    }

    public function balance(): array
    {
        return $this->get('/api/balance')->data();
    }
}
