<?php

// A merchant's backend in PHP, as Cronos' and SenGo's pages describe one, against a running gateway:
// `php tests/clients/php/run.php`. Nothing but PHP itself is needed, not even an extension.

declare(strict_types=1);

require __DIR__ . '/check.php';
require __DIR__ . '/http.php';
require __DIR__ . '/brand.php';
require __DIR__ . '/receiver.php';
require __DIR__ . '/answers.php';
require __DIR__ . '/operator.php';

// A warning of PHP is a mistake of the suite: it must not pass unseen.
set_error_handler(function (int $level, string $message, string $file, int $line): never {
    throw new ErrorException($message, 0, $level, $file, $line);
});

$url = rtrim((string) getenv('GERAI_URL'), '/');
if (!preg_match('#^https?://#', $url)) {
    fwrite(STDERR, "GERAI_URL is not set to the gateway's base URL. Start one, for example with"
        . " `gerai sandbox --listen 127.0.0.1:0 --data FOLDER`, and set GERAI_URL to the address"
        . " that it prints after `listening on`.\n");
    exit(2);
}
$program = (string) getenv('GERAI_PROGRAM');
$data = (string) getenv('GERAI_DATA');
if ($program === '' || $data === '') {
    fwrite(STDERR, "GERAI_PROGRAM and GERAI_DATA are not set to the program and the gateway's data folder.\n");
    exit(2);
}
date_default_timezone_set('Asia/Jakarta');

$gateway = new Gateway($url);
$receiver = new Receiver();
$operator = new Operator($program, $data);
foreach (Brand::all($gateway) as $brand) {
    foreach (['create', 'credentials', 'refusals', 'look', 'notifications'] as $cases) {
        section("{$brand->name}: {$cases}");
        require __DIR__ . "/cases/{$cases}.php";
    }
}
exit(conclude());
