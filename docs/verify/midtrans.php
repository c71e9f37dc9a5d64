<?php
// Whether a Midtrans notification is genuine. PHP 8.1 or newer, no packages.
//
// Copy `is_genuine` into your endpoint; give it file_get_contents('php://input') and your server key.
//
//     SERVER_KEY=SB-Mid-server-... php midtrans.php body.json

declare(strict_types=1);

function is_genuine(string $body, string $serverKey): bool
{
    $news = json_decode($body, true);
    foreach (['order_id', 'status_code', 'gross_amount', 'signature_key'] as $name) {
        if (!is_string($news[$name] ?? null)) {
            return false;
        }
    }
    // The three texts as they stand in this body: `44000.00` is not 44000.
    $signed = $news['order_id'] . $news['status_code'] . $news['gross_amount'] . $serverKey;
    return hash_equals(hash('sha512', $signed), $news['signature_key']);
}

$genuine = is_genuine(file_get_contents($argv[1]), getenv('SERVER_KEY'));
echo $genuine ? "genuine\n" : "not genuine\n";
exit($genuine ? 0 : 1);
