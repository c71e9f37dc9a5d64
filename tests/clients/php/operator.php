<?php

// What an operator's command line tells of a payment, which no merchant can see.

declare(strict_types=1);

final class Operator
{
    private const SECONDS_MAX = 20;

    public function __construct(private readonly string $program, private readonly string $data)
    {
    }

    /** The payment's only notification, once it was tried. */
    public function tried(string $paymentCode): array
    {
        $deadline = hrtime(true) + self::SECONDS_MAX * 1_000_000_000;
        do {
            holds(hrtime(true) < $deadline, 'the notification is tried in time');
            $notifications = $this->show($paymentCode)['notifications'];
            same(1, count($notifications), 'the notifications');
        } while ($notifications[0]['attempts'] === 0);
        return $notifications[0];
    }

    private function show(string $paymentCode): array
    {
        $command = [$this->program, 'payment', 'show', $paymentCode, '--json', '--data', $this->data];
        $process = proc_open($command, [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
        $said = stream_get_contents($pipes[1]);
        $why = stream_get_contents($pipes[2]);
        same(0, proc_close($process), "the exit code ({$why})");
        return json_decode($said, true);
    }
}
